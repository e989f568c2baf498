// One saml-slod process of the demo, with its configuration.
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

/// Identity is the service provider of a node: all its nodes have one entityID and one key.
struct Identity {
    std::string entity_id = "https://sp.example.org/demo";
    std::string key = "sp";  ///< the file's name without its ending
};

class Node {
public:
    /// `name` tells it from others in the same folder.
    Node(std::string name, std::filesystem::path folder, StoreEngine engine, Identity identity = {})
        : name_(std::move(name)), folder_(std::move(folder)), engine_(engine), identity_(std::move(identity)) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// own_slo_url is the node's own address, whatever its public URL is.
    [[nodiscard]] std::string own_slo_url() const;
    /// acs_url is the public one of the assertion consumer service, as configure() wrote it for this `slo_url`.
    [[nodiscard]] static std::string acs_url(const std::string& slo_url);
    [[nodiscard]] pid_t id() const noexcept { return process_->id(); }

    /// configure writes the file of an operator; `slo_url` is the public one, the same for all. False: it can't.
    [[nodiscard]] bool configure(const std::string& slo_url) const;
    /// False: no process could be made.
    [[nodiscard]] bool start(const std::string& endpoint_program);
    /// next_line returns the next line of its output.
    [[nodiscard]] std::optional<std::string> next_line(std::chrono::milliseconds time) {
        return process_->next_line(time);
    }
    /// SIGTERM. Returns its exit code.
    [[nodiscard]] int stop() { return process_->stop(2 * patience); }
    /// SIGKILL: it can't do anything about it.
    void kill() { process_.reset(); }

    /// GET /auth, as a proxy asks in front of the application, for the request of a browser with this field Cookie.
    [[nodiscard]] std::optional<HttpAnswer> ask_who(const std::string& cookie) const;
    [[nodiscard]] std::optional<HttpAnswer> post_soap(std::string_view body) const;
    /// The status of POST /sessions; 0: no answer.
    [[nodiscard]] int register_session(const std::string& form) const;
    /// The status of GET /sessions/<id>; 0: no answer.
    [[nodiscard]] int ask_for(const std::string& id) const;
    /// POST /sessions/<id>/logout: its user logs out here.
    [[nodiscard]] std::optional<HttpAnswer> log_out(const std::string& id) const;
    [[nodiscard]] std::optional<HttpAnswer> metadata() const;

private:
    [[nodiscard]] std::filesystem::path file() const { return folder_ / ("saml-slod" + name_ + ".toml"); }

    std::string name_;
    std::filesystem::path folder_;
    StoreEngine engine_;
    Identity identity_;
    std::uint16_t port_ = free_port();
    std::uint16_t local_port_ = free_port();
    std::optional<ChildProcess> process_;
};

}  // namespace slo::examples
