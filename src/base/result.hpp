// A value or the reason there is none, for the control path (files, configuration); the packet path uses
// neither.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace visor {

struct Error {
    std::string text;
};

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
    Result(Error error) : error_(std::move(error.text)) {} // NOLINT(google-explicit-constructor)
    explicit operator bool() const { return value_.has_value(); }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return &*value_; }
    const T* operator->() const { return &*value_; }
    const std::string& error() const { return error_; }

private:
    std::optional<T> value_;
    std::string error_;
};

} // namespace visor
