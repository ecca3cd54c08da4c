// An agent that answers what is recorded in tests/answers. Threads: one. Owns: the answers.
#pragma once

#include "client/transport.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace visor::client::test {

class RecordedAgent final : public Transport {
public:
    explicit RecordedAgent(const std::string& name) {
        const auto root = std::filesystem::path(__FILE__).parent_path() / ".." / "..";
        std::ifstream file(root / "tests" / "answers" / (name + ".json"));
        const auto recorded = nlohmann::json::parse(file);
        for (const auto& [path, told] : recorded.at("answers").items())
            answers[path] = {told["status"], told["body"].dump(), {}};
    }

    Result<Answer> ask(const Question& question) override {
        asked.push_back(question.path);
        if (silent) return Error{"no agent answers"};
        const auto found = answers.find(question.path.substr(0, question.path.find('?')));
        return found == answers.end() ? Answer{404, {}, {}} : found->second;
    }
    std::string url() const override { return "http://agent:10853"; }

    std::map<std::string, Answer> answers;
    std::vector<std::string> asked;
    bool silent = false;
};

} // namespace visor::client::test
