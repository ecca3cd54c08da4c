// Records from fixed memory, for reassembly: a pool that says no instead of growing, a table of records found
// by key, and queues through records. A record is named by its index + 1; 0 is none.
//
// A record type has a member `next`, which links the free ones and those of one bucket; one kept in a table
// has a 64-bit `key`, a good hash, too. Threads: one owner. Owns: its memory, zero pages until touched: what
// was never in use costs nothing.
#pragma once

#include "base/zero_pages.hpp"

#include <bit>
#include <cstdint>
#include <type_traits>

namespace visor {

template <class T>
class RecordPool {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    explicit RecordPool(uint32_t records)
        : size_(records), free_count_(records), pages_(size_t{records} * sizeof(T)),
          records_(static_cast<T*>(pages_.data())) {}

    T& operator[](uint32_t index) { return records_[index - 1]; }
    const T& operator[](uint32_t index) const { return records_[index - 1]; }

    // A record as it was left by its last owner; 0 when all are in use.
    uint32_t take() {
        if (free_count_ == 0) return 0;
        --free_count_;
        if (free_ == 0) return ++touched_;
        const uint32_t index = free_;
        free_ = (*this)[index].next;
        return index;
    }
    void give_back(uint32_t index) { give_back(index, index, 1); }
    // So many records, linked by `next` from the first to the last.
    void give_back(uint32_t first, uint32_t last, uint32_t count) {
        (*this)[last].next = free_;
        free_ = first;
        free_count_ += count;
    }
    uint32_t free_count() const { return free_count_; }
    uint32_t in_use() const { return size_ - free_count_; }

private:
    uint32_t size_, free_count_;
    uint32_t free_ = 0, touched_ = 0; // records beyond touched_ were never in use
    ZeroPages pages_;
    T* records_;
};

template <class T>
class RecordTable {
public:
    explicit RecordTable(uint32_t records)
        : pool_(records), mask_(std::bit_ceil(records) - 1), pages_((size_t{mask_} + 1) * sizeof(uint32_t)),
          buckets_(static_cast<uint32_t*>(pages_.data())) {}

    T& operator[](uint32_t index) { return pool_[index]; }
    const T& operator[](uint32_t index) const { return pool_[index]; }

    uint32_t find(uint64_t key) const {
        uint32_t index = buckets_[key & mask_];
        while (index && pool_[index].key != key) index = pool_[index].next;
        return index;
    }
    // A fresh record under a key not in the table; 0 when it is full.
    uint32_t add(uint64_t key) {
        const uint32_t index = pool_.take();
        if (index == 0) return 0;
        T& record = pool_[index];
        record = T{};
        record.key = key;
        record.next = buckets_[key & mask_];
        buckets_[key & mask_] = index;
        return index;
    }
    void remove(uint32_t index) {
        uint32_t* link = &buckets_[pool_[index].key & mask_];
        while (*link != index) link = &pool_[*link].next;
        *link = pool_[index].next;
        pool_.give_back(index);
    }
    bool full() const { return pool_.free_count() == 0; }

private:
    RecordPool<T> pool_;
    uint32_t mask_;
    ZeroPages pages_;
    uint32_t* buckets_;
};

// A record's place in a queue.
struct QueueLinks {
    uint32_t before = 0, behind = 0;
};

// First in, first out; any record may leave. `Links` is the member that a record uses for this queue.
template <class T, QueueLinks T::*Links>
class RecordQueue {
public:
    explicit RecordQueue(RecordTable<T>& records) : records_(records) {}

    uint32_t front() const { return front_; }
    void push_back(uint32_t index) {
        links(index) = {back_, 0};
        (back_ ? links(back_).behind : front_) = index;
        back_ = index;
    }
    void remove(uint32_t index) {
        const QueueLinks gone = links(index);
        (gone.before ? links(gone.before).behind : front_) = gone.behind;
        (gone.behind ? links(gone.behind).before : back_) = gone.before;
    }
    void move_to_back(uint32_t index) {
        if (index == back_) return;
        remove(index);
        push_back(index);
    }

private:
    QueueLinks& links(uint32_t index) { return records_[index].*Links; }

    RecordTable<T>& records_;
    uint32_t front_ = 0, back_ = 0;
};

} // namespace visor
