// A value or the reason there is none, for the control path (files, configuration); the packet path uses
// neither. A reason that says more than a text is an Error of its own.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace visor {

struct Error {
    std::string text;
};

template <class T, class Reason = Error>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
    Result(Reason reason) : reason_(std::move(reason)) {} // NOLINT(google-explicit-constructor)
    explicit operator bool() const { return value_.has_value(); }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return &*value_; }
    const T* operator->() const { return &*value_; }
    const std::string& error() const { return reason_.text; }
    const Reason& reason() const { return reason_; }

private:
    std::optional<T> value_;
    Reason reason_;
};

} // namespace visor
