// The demo's stage: a test IdP, real saml-slod processes, and a timeline of events.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.hpp"
#include "http_client.hpp"
#include "idp_server.hpp"
#include "node.hpp"
#include "test_idp.hpp"
#include "timeline.hpp"

namespace slo::examples {

[[nodiscard]] Instant now();

/// Folder is a new directory under the system's temporary one, removed with all that is in it.
class Folder {
public:
    [[nodiscard]] static std::optional<Folder> make();
    Folder(Folder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
    Folder& operator=(Folder&&) = delete;
    ~Folder();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

/// Login is one at the application: user, device and SessionIndex.
struct Login {
    std::string user;
    std::string device;
    std::string index;
    Instant authn_instant;
    [[nodiscard]] std::string id() const { return user + "-" + device; }
};

/// Expected is the expected result of one request.
struct Expected {
    std::string status;              ///< the top-level code, e.g. "Success"
    std::string event;               ///< of the audit line
    std::string rule;                ///< which the audit line must name; empty: none was broken
    std::vector<std::string> ended;  ///< ids of sessions
};

class Stage {
public:
    /// set_up starts one node, or with `redis` two, A and B, and their server. std::nullopt if that failed: the
    /// timeline says why.
    [[nodiscard]] static std::optional<Stage> set_up(const std::string& endpoint_program, StoreEngine engine,
                                                     Timeline& timeline);

    [[nodiscard]] Timeline& timeline() noexcept { return timeline_; }
    [[nodiscard]] const TestIdp& idp() const noexcept { return *idp_; }
    [[nodiscard]] const std::string& slo_url() const noexcept { return slo_url_; }
    [[nodiscard]] Node& node(std::size_t i = 0) noexcept { return nodes_[i]; }

    /// The user signs on at `at` with an assertion of the IdP, and is expected to be let in, or refused for a logout.
    void admit(const Login& login, Node& at);
    void refuse(const Login& login, Node& at);
    /// post sends `body`, which claims to be `request`, to `at`, and expects this result.
    void post(const SentLogout& request, std::string_view body, const Expected& expected, Node& at);
    /// The user of `login` logs out at the first node, which should then know that it went as far as `extent`.
    void log_out_here(const Login& login, const std::string& extent);
    /// Starts two other service providers, where `user` signs in too.
    [[nodiscard]] bool add_others(const std::string& user);
    /// Whether the sessions at the others live.
    void expect_others(const std::string& user, int status);
    void stop_idp();

    /// kill -9, then a new start. Everything should be as it was.
    void kill_and_restart(Node& node);
    /// kill -9 for the server of the sessions. From then on no node may answer that a session lives, or is gone.
    void kill_redis();
    /// Everything should be as it was.
    void restart_redis();
    /// Stops the nodes and expects exit code 0.
    void stop();

private:
    Stage(Timeline& timeline, Folder folder, TestIdp idp, std::string program)
        : timeline_(timeline),
          folder_(std::move(folder)),
          idp_(std::make_unique<TestIdp>(std::move(idp))),
          program_(std::move(program)) {}
    /// What came of a sign-on: the session that the application's proxy is told of, or the rule in the audit.
    struct SignedOnAs {
        std::string session;  ///< empty: none
        std::string rule;
    };
    [[nodiscard]] SignedOnAs sign_on(const Login& login, Node& at);
    /// The next audit line of `node` that isn't of its own events; empty if none comes.
    [[nodiscard]] std::string next_audit(Node& node);
    [[nodiscard]] std::string session_of(const std::string& id) const;
    [[nodiscard]] bool start_idp();
    void stop(std::vector<Node>& group);
    [[nodiscard]] bool add_nodes(StoreEngine engine);
    [[nodiscard]] bool start_server(std::string_view what);
    [[nodiscard]] bool start(Node& node);
    [[nodiscard]] bool fetch_metadata();
    /// " at A", where there are several.
    [[nodiscard]] std::string place(const Node& node) const;
    void expect_alive();
    void expect_alive_at(const Node& node);
    /// The next audit line of `node`, checked; it tells what was proven.
    void expect_audit(Node& node, const Expected& expected);
    void expect_answer(const HttpAnswer& answer, const SentLogout& request, const Expected& expected, double took);

    Timeline& timeline_;
    Folder folder_;
    std::unique_ptr<TestIdp> idp_;  ///< stays where it is: its server refers to it
    std::string program_;
    std::optional<ChildProcess> redis_;
    std::vector<Node> nodes_;
    std::vector<Node> others_;  ///< service providers of their own
    std::uint16_t idp_port_ = free_port();
    std::unique_ptr<IdpServer> idp_server_;
    std::string slo_url_;
    std::optional<TrustedSp> sp_;
    std::set<std::string> known_;                  ///< every session that ever was, by Login::id
    std::map<std::string, std::string> sessions_;  ///< what the endpoint calls them, by Login::id
    std::set<std::string> alive_;                  ///< which of them should live
};

}  // namespace slo::examples
