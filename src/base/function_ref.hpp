// A call to something the caller owns: a pointer to it and how to call it. Two words, no heap.
// Threads: value type. Owns: nothing; the callable must outlive it.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace visor {

template <class Signature>
class FunctionRef;

template <class R, class... Args>
class FunctionRef<R(Args...)> {
public:
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
        FunctionRef(F&& f) // NOLINT(bugprone-forwarding-reference-overload): it is constrained
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
          call_([](void* object, Args... args) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
          }) {}
    R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

private:
    void* object_;
    R (*call_)(void*, Args...);
};

} // namespace visor
