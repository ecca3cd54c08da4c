#include "engine/geo.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <malloc.h>
#include <maxminddb.h>
#include <optional>
#include <utility>
#include <vector>

namespace visor::engine {

namespace {

using Path = std::initializer_list<const char*>;

class Record {
public:
    explicit Record(MMDB_entry_s entry) : entry_(entry) {}

    std::string text(Path path) {
        const auto data = get(path);
        if (!data || data->type != MMDB_DATA_TYPE_UTF8_STRING) return {};
        return {data->utf8_string, data->data_size};
    }
    double degrees(Path path) {
        const auto data = get(path);
        if (data && data->type == MMDB_DATA_TYPE_DOUBLE) return data->double_value;
        if (data && data->type == MMDB_DATA_TYPE_FLOAT) return static_cast<double>(data->float_value);
        return std::numeric_limits<double>::quiet_NaN();
    }
    // Digits of a number that databases hold as one or as text.
    std::string number(Path path) {
        const auto data = get(path);
        if (!data) return {};
        if (data->type == MMDB_DATA_TYPE_UINT32) return std::to_string(data->uint32);
        if (data->type == MMDB_DATA_TYPE_UINT16) return std::to_string(data->uint16);
        if (data->type == MMDB_DATA_TYPE_UTF8_STRING) return {data->utf8_string, data->data_size};
        return {};
    }

private:
    std::optional<MMDB_entry_data_s> get(Path path) {
        const char* names[8] = {};
        std::copy(path.begin(), path.end(), names);
        MMDB_entry_data_s data;
        if (MMDB_aget_value(&entry_, &data, names) != MMDB_SUCCESS || !data.has_data) return std::nullopt;
        return data;
    }
    MMDB_entry_s entry_;
};

std::string joined(std::initializer_list<std::string> parts) {
    std::string out;
    for (const auto& part : parts) {
        if (part.empty()) continue;
        if (!out.empty()) out += '/';
        out += part;
    }
    return out;
}

std::string either(const std::string& first, const std::string& second) {
    return first.empty() ? second : first;
}

uint32_t city_id(GeoBuilder& builder, Record record) {
    const std::string text = joined({
        record.text({"continent", "code"}),
        either(record.text({"country", "names", "en"}),
               either(record.text({"country", "iso_code"}), record.text({"country_code"}))),
        either(record.text({"subdivisions", "0", "iso_code"}), record.text({"state1"})),
        either(record.text({"city", "names", "en"}), record.text({"city"})),
    });
    if (text.empty()) return 0;
    double lat = record.degrees({"location", "latitude"}), lon = record.degrees({"location", "longitude"});
    if (std::isnan(lat)) lat = record.degrees({"latitude"}), lon = record.degrees({"longitude"});
    return builder.place(text, lat, lon);
}

uint32_t asn_id(GeoBuilder& builder, Record record) {
    std::string number = either(record.number({"autonomous_system_number"}), record.number({"asn"}));
    if (number.starts_with("AS") || number.starts_with("as")) number.erase(0, 2);
    if (number.empty()) return 0;
    const std::string name = either(record.text({"autonomous_system_organization"}),
                                    either(record.text({"organization"}), record.text({"name"})));
    const double none = std::numeric_limits<double>::quiet_NaN();
    return builder.place(joined({number, name}), none, none);
}

using Decode = uint32_t (*)(GeoBuilder&, Record);

// Ids of records by where they are in the data section: one is looked up for each leaf of the tree, and there
// are millions, in whatever order. Open addressing; a place plus 1 is never 0.
class RecordIds {
public:
    // Null when it is not known yet. Valid until the next add().
    const uint32_t* find(uint32_t place) const {
        const Slot& slot = slots_[slot_of(place)];
        return slot.key == place + uint64_t{1} ? &slot.id : nullptr;
    }
    void add(uint32_t place, uint32_t id) {
        if (2 * ++used_ > slots_.size()) grow();
        slots_[slot_of(place)] = {place + uint64_t{1}, id};
    }

private:
    struct Slot {
        uint64_t key = 0;
        uint32_t id = 0;
    };
    // The place's own, or the free one it would get.
    size_t slot_of(uint32_t place) const {
        const size_t mask = slots_.size() - 1;
        size_t at = (place * uint64_t{0x9e3779b97f4a7c15}) >> 32 & mask;
        while (slots_[at].key != 0 && slots_[at].key != place + uint64_t{1}) at = (at + 1) & mask;
        return at;
    }
    void grow() {
        const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
        for (const Slot& slot : before)
            if (slot.key != 0) slots_[slot_of(static_cast<uint32_t>(slot.key - 1))] = slot;
    }

    std::vector<Slot> slots_ = std::vector<Slot>(1024);
    size_t used_ = 0;
};

// Walks the search tree in order of address and hands its leaves to the builder.
class TreeReader {
public:
    TreeReader(const MMDB_s& db, Decode decode) : db_(db), decode_(decode) {
        // A tree visits each node once, but some writers share equal subtrees. Files are not trusted: what
        // would unfold without end is refused.
        visits_left_ = uint64_t{db.metadata.node_count} * 16 + 65536;
    }

    // Null, or what is wrong with the file.
    const char* read() {
        if (db_.metadata.ip_version == 4) return subtree(0, 0, 0, 0, true);
        find_v4_root();
        if (v4_root_ && !fault_) fault_ = subtree(*v4_root_, 0, 0, 0, true);
        return fault_ ? fault_ : subtree(0, 0, 0, 0, false);
    }
    GeoTable build() { return builder_.build(); }
    uint32_t leaves() const { return leaves_; }

private:
    static constexpr const char* corrupt = "corrupt search tree";

    void find_v4_root() {
        uint32_t node = 0;
        for (int depth = 0; depth < 96; depth++) {
            MMDB_search_node_s n;
            if (MMDB_read_node(&db_, node, &n) != MMDB_SUCCESS) {
                fault_ = corrupt;
                return;
            }
            if (n.left_record_type != MMDB_RECORD_TYPE_SEARCH_NODE) {
                if (n.left_record_type == MMDB_RECORD_TYPE_DATA)
                    builder_.v4_from(0, id_of(n.left_record_entry));
                return;
            }
            node = static_cast<uint32_t>(n.left_record);
        }
        v4_root_ = node;
    }

    uint32_t id_of(const MMDB_entry_s& entry) {
        const uint32_t* known = ids_.find(entry.offset);
        const uint32_t id = known ? *known : decode_(builder_, Record(entry));
        if (!known) ids_.add(entry.offset, id);
        if (id) leaves_++;
        return id;
    }

    void leaf(uint64_t high, uint64_t low, uint32_t id, bool v4) {
        if (v4)
            builder_.v4_from(static_cast<uint32_t>(high >> 32), id);
        else
            builder_.v6_from(high, low, id);
    }

    const char* subtree(uint32_t node, uint32_t depth, uint64_t high, uint64_t low, bool v4) {
        if (visits_left_-- == 0 || depth >= (v4 ? 32U : 128U)) return corrupt;
        MMDB_search_node_s n;
        if (MMDB_read_node(&db_, node, &n) != MMDB_SUCCESS) return corrupt;
        const uint64_t high_bit = depth < 64 ? uint64_t{1} << (63 - depth) : 0;
        const uint64_t low_bit = depth < 64 ? 0 : uint64_t{1} << (127 - depth);
        if (const char* fault =
                record(n.left_record, n.left_record_type, n.left_record_entry, depth + 1, high, low, v4))
            return fault;
        return record(n.right_record, n.right_record_type, n.right_record_entry, depth + 1, high | high_bit,
                      low | low_bit, v4);
    }

    const char* record(uint64_t value, uint8_t type, const MMDB_entry_s& entry, uint32_t depth, uint64_t high,
                       uint64_t low, bool v4) {
        switch (type) {
        case MMDB_RECORD_TYPE_EMPTY:
            leaf(high, low, 0, v4);
            return nullptr;
        case MMDB_RECORD_TYPE_DATA:
            leaf(high, low, id_of(entry), v4);
            return nullptr;
        case MMDB_RECORD_TYPE_SEARCH_NODE:
            break;
        default:
            return corrupt;
        }
        const auto node = static_cast<uint32_t>(value);
        if (!v4 && v4_root_ == node && depth <= 96) { // ::/96 itself, 6to4, Teredo
            builder_.v6_embedded_v4_from(high, low, depth);
            return nullptr;
        }
        return subtree(node, depth, high, low, v4);
    }

    const MMDB_s& db_;
    Decode decode_;
    GeoBuilder builder_;
    RecordIds ids_;
    std::optional<uint32_t> v4_root_;
    const char* fault_ = nullptr;
    uint64_t visits_left_;
    uint32_t leaves_ = 0;
};

struct OpenFile {
    MMDB_s db{};
    int status = MMDB_FILE_OPEN_ERROR;
    OpenFile() = default;
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (status == MMDB_SUCCESS) MMDB_close(&db);
    }
};

Result<GeoTable> compile(const std::string& path, Decode decode, const char* missing) {
    OpenFile file;
    file.status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &file.db);
    if (file.status != MMDB_SUCCESS) return Error{MMDB_strerror(file.status)};
    TreeReader reader(file.db, decode);
    if (const char* fault = reader.read()) return Error{fault};
    if (reader.leaves() == 0) return Error{missing};
    return reader.build();
}

Result<GeoTable> load(const std::string& path, Decode decode, const std::string& kind, const char* missing) {
    auto table = compile(path, decode, missing);
    malloc_trim(0); // compiling frees twice what it keeps, in pieces the allocator would hold on to
    if (!table) return Error{"cannot use " + kind + " database " + path + ": " + table.error()};
    return table;
}

} // namespace

Result<GeoTable> load_city(const std::string& path) {
    return load(path, city_id, "geo city", "no record names a country or a city");
}

Result<GeoTable> load_asn(const std::string& path) {
    return load(path, asn_id, "geo ASN", "no record has an AS number");
}

} // namespace visor::engine
