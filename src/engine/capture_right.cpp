#include "engine/capture_right.hpp"

#include <filesystem>

namespace visor::engine {

std::string capture_right_missing(std::string_view interface) {
    std::string text = "no permission to capture on " + std::string(interface) + ": run as root";
#ifdef __linux__
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    text += ", or once: sudo setcap cap_net_raw+ep " + (failed ? std::string("BINARY") : program.string());
#endif
    return text;
}

} // namespace visor::engine
