// The n first of many in some order, found in one pass without keeping the rest.
//
// Threads: one at a time. Owns: at most n items on the heap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace visor::sketch {

// Before(a, b): a comes first. Items of equal rank must not matter.
template <class Item, class Before>
class Best {
public:
    explicit Best(size_t n, Before before = {}) : n_(n), before_(before) {}

    bool full() const { return items_.size() >= n_; }
    // The last of those kept so far; there is one.
    const Item& last() const { return items_.front(); }
    bool wanted(const Item& item) const { return !full() || (n_ != 0 && before_(item, last())); }

    // Of an item that is wanted.
    void put(Item&& item) {
        if (full()) {
            std::pop_heap(items_.begin(), items_.end(), before_);
            items_.back() = std::move(item);
        } else {
            items_.push_back(std::move(item));
        }
        std::push_heap(items_.begin(), items_.end(), before_);
    }

    std::vector<Item> take() {
        std::sort_heap(items_.begin(), items_.end(), before_);
        return std::move(items_);
    }

private:
    size_t n_;
    Before before_;
    std::vector<Item> items_; // a heap with the last in front
};

} // namespace visor::sketch
