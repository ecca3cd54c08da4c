// The programs' log: spdlog under the logger name users' log collectors know.
// "[2026-01-01 00:00:00.000] [visor] [info] text". Texts hold what others chose: names, paths of requests,
// interfaces. Whatever is logged stays one line of printable characters: others are escaped here, and nowhere
// else. Threads: whoever logs may, and read the ledger; the other functions are for one.
#pragma once

#include "base/result.hpp"
#include "engine/ledger.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace visor::control {

// On standard error. `quiet`: warnings and errors only, unless verbose. May be called again, to change how
// much.
void log_to_stderr(bool verbose, bool quiet);

// Where a program that stays logs: to the file if there is one, else to syslog if asked, else on standard
// output.
struct LogTarget {
    std::string file;
    bool syslog = false;
};

// From now on nobody who logs waits for whoever takes the log (log_queue.hpp). Lines are kept until
// write_log(), flush_log() or end_log().
// May be called again: the target changes. The file is opened now, so that what is wrong with it is known
// before the program goes into the background; it is found again after a change of directory. Error: it
// cannot be opened, and logging goes on as it was.
Result<LogTarget> log_live(const LogTarget& target, bool verbose);

// Starts the thread that writes, so after the program went into the background and gave up its privileges.
void write_log();
// Waits until what was logged is written; a second at most.
void flush_log();
// The same, and what would go to standard output from now on goes nowhere.
void leave_standard_output();
// As flush_log(), and ends the thread. False: it cannot be ended, and the process must leave by std::_Exit.
bool end_log();

// How many lines were logged and lost since log_live().
std::vector<engine::LedgerLine> log_ledger();

// At level info: several lines, of which only the program decides what they are, such as JSON it wrote.
void log_block(std::string_view text);

// Opens the log file anew by its name, as after a rotation. Error: it cannot be opened, and the old one goes
// on being written to.
Result<LogTarget> reopen_log();

} // namespace visor::control
