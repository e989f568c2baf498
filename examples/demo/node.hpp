// One soap_endpoint process of the demo, with its configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "child_process.hpp"
#include "http_client.hpp"

namespace slo::examples {

inline constexpr std::chrono::seconds patience{5};  // sanitizers are slow

enum class StoreEngine { memory, sqlite, redis };

class Node {
public:
    /// `name` tells it from others in the same folder, which share its keys.
    Node(std::string name, std::filesystem::path folder, StoreEngine engine)
        : name_(std::move(name)), folder_(std::move(folder)), engine_(engine) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] pid_t id() const noexcept { return process_->id(); }

    /// Writes what an operator would write by hand; `slo_url` is the public one, the same for all. False: it can't.
    [[nodiscard]] bool configure(const std::string& slo_url) const;
    /// False: no process could be made.
    [[nodiscard]] bool start(const std::string& endpoint_program);
    /// The next line that it says.
    [[nodiscard]] std::optional<std::string> next_line(std::chrono::milliseconds time) {
        return process_->next_line(time);
    }
    /// SIGTERM. Returns its exit code.
    [[nodiscard]] int stop() { return process_->stop(2 * patience); }
    /// SIGKILL: it can't do anything about it.
    void kill() { process_.reset(); }

    [[nodiscard]] std::optional<HttpAnswer> post_soap(std::string_view body) const;
    /// The status of POST /sessions; 0: no answer.
    [[nodiscard]] int register_session(const std::string& form) const;
    /// The status of GET /sessions/<id>; 0: no answer.
    [[nodiscard]] int ask_for(const std::string& id) const;
    [[nodiscard]] std::optional<HttpAnswer> metadata() const;

private:
    [[nodiscard]] std::filesystem::path file() const { return folder_ / ("soap_endpoint" + name_ + ".toml"); }

    std::string name_;
    std::filesystem::path folder_;
    StoreEngine engine_;
    std::uint16_t port_ = free_port();
    std::uint16_t local_port_ = free_port();
    std::optional<ChildProcess> process_;
};

}  // namespace slo::examples
