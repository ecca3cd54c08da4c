// What systemd, or another that speaks its protocol, is told: sd_notify(3), over the datagram socket named in
// the environment. Without one all of it does nothing. Threads: any. Owns: the name of the socket.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace visor::cmd {

class ServiceManager {
public:
    ServiceManager(); // from the environment

    void ready(std::string_view status) const; // started up, or done with reloading
    void reloading() const;
    void stopping() const;
    void alive() const; // to be said once in alive_interval()
    // Half of what it waits for before it takes the process for stuck; 0: it does not.
    std::chrono::milliseconds alive_interval() const { return alive_interval_; }

private:
    void tell(std::string_view what) const;

    std::string socket_;
    std::chrono::milliseconds alive_interval_{0};
};

} // namespace visor::cmd
