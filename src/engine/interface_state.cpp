#include "engine/interface_state.hpp"

#include "engine/links.hpp"

namespace visor::engine {

void InterfaceState::begin(Presence presence) {
    presence_ = Presence::up;
    if (presence != Presence::up) update(presence);
    lost_ = 0;
}

void InterfaceState::update(Presence presence, bool interrupted) {
    const bool was_up = presence_ == Presence::up;
    const bool changed = presence != presence_;
    if (speaks_ && was_up && (changed || interrupted)) ++lost_;
    presence_ = presence;
    if (presence == Presence::up) {
        trouble_.clear();
        if (changed) say(TapEvent::info, "is back");
        if (!changed && interrupted) say(TapEvent::info, "went down and is back");
    } else if (changed) {
        say(TapEvent::warning,
            presence == Presence::down ? "is down; waiting for it" : "vanished; waiting for it");
    }
}

void InterfaceState::trouble(const std::string& reason) {
    if (reason == trouble_) return;
    trouble_ = reason;
    if (speaks_ && *notify_) (*notify_)(TapEvent::error, reason);
}

void InterfaceState::say(TapEvent event, const std::string& text) const {
    if (speaks_ && *notify_) (*notify_)(event, "interface " + name_ + " " + text);
}

Presence presence_of(const std::optional<Link>& link) {
    if (!link) return Presence::gone;
    return link->up ? Presence::up : Presence::down;
}

} // namespace visor::engine
