// An endpoint with a test IdP, under everything that it does to its own process.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "http_client.hpp"
#include "operator.hpp"
#include "slo/saml/time.hpp"
#include "test_idp.hpp"

namespace slo::test {

inline Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

inline bool is_root() {
    return ::geteuid() == 0;
}

/// Its key takes long to make.
inline const examples::TestIdp& test_idp() {
    static const auto idp = *examples::TestIdp::make(*saml::EntityID::parse("https://idp.example.org"), now());
    return idp;
}

/// Every thread's /proc/<id>/task/<thread>/status.
inline std::vector<std::string> statuses(pid_t process) {
    std::vector<std::string> texts;
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        std::ifstream stream(task.path() / "status");
        texts.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    return texts;
}

class Site : public Operator {
public:
    Site() {
        std::ofstream(folder / "idp.xml") << idp.metadata();
        configure("127.0.0.1", port, local_port);
    }

    void speak_tls(const std::string& more = {}) const {
        for (const char* file : {"server.pem", "server.key"})
            fs::copy_file(fs::path(SLO_FIXTURES) / "tls" / file, folder / file);
        configure_also("[server.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n" + more);
    }
    void become_nobody() const {
        if (!is_root()) return;
        configure_also("[process]\nuser = \"nobody\"\n");
        fs::permissions(folder, fs::perms::others_exec, fs::perm_options::add);  // the IdP's file is looked at again
    }
    /// OpenSSL's provider with the algorithms is left out: a process that follows this file can't verify anything.
    [[nodiscard]] std::string write_configuration_without_algorithms() const {
        std::ofstream(folder / "openssl.cnf") << "openssl_conf = init\n[init]\nproviders = some\n"
                                                 "[some]\nbase = base\n[base]\nactivate = 1\n";
        return folder / "openssl.cnf";
    }
    [[nodiscard]] examples::ChildProcess open() const {
        auto process = start_configured();
        BOOST_REQUIRE((next_line(process).find("listens on") != std::string::npos));
        BOOST_REQUIRE((next_line(process).find("local interface") != std::string::npos));
        return process;
    }
    /// The status of POST /sessions for a login of `user`.
    [[nodiscard]] int sign_in(const std::string& id, const std::string& user, Instant authn_instant = now()) const {
        const std::string form = "local_id=" + id + "&name_id=" + user +
                                 "&format=" + examples::escape("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent") +
                                 "&idp=" + examples::escape(idp.entity_id().str()) +
                                 "&authn_instant=" + examples::escape(saml::format_instant(authn_instant)) +
                                 "&expires=" + examples::escape(saml::format_instant(now() + std::chrono::hours(1)));
        const auto answer = examples::call(
            local_port,
            {.method = "POST", .path = "/sessions", .content_type = "application/x-www-form-urlencoded", .body = form});
        return answer ? answer->status : 0;
    }
    /// The status of GET /sessions/<id>.
    [[nodiscard]] int ask_for(const std::string& id) const {
        const auto answer = examples::call(local_port, {.method = "GET", .path = "/sessions/" + id});
        return answer ? answer->status : 0;
    }
    /// alice signs in as c1, and her IdP makes an order of logout.
    [[nodiscard]] examples::SentLogout sign_in_and_order_logout() const {
        BOOST_REQUIRE(sign_in("c1", "alice") == 201);
        const auto order = idp.order({.destination = "http://127.0.0.1/saml/slo",
                                      .name_id = examples::persistent_name("alice"),
                                      .session_indexes = {}},
                                     now());
        BOOST_REQUIRE(order.has_value());
        return *order;
    }
    void expect_success(const std::string& body, const examples::SentLogout& order) const {
        const auto certificate = saml::Certificate::parse([] {
            std::ifstream stream(SLO_FIXTURES "/keys/sp-old.crt.pem");
            return std::string(std::istreambuf_iterator<char>(stream), {});
        }());
        BOOST_REQUIRE(certificate.has_value());
        const examples::TrustedSp sp{*saml::EntityID::parse("https://sp.example.org/saml"), {*certificate}};
        const auto status = sp.read_answer(body, order, now());
        BOOST_REQUIRE(status.has_value());
        BOOST_TEST(examples::short_text(*status) == "Success");
        BOOST_TEST(ask_for("c1") == 404);
    }
    [[nodiscard]] std::optional<examples::HttpAnswer> post(const std::string& body) const {
        return examples::call(port, {.method = "POST", .path = "/saml/slo", .content_type = "text/xml", .body = body});
    }

    const examples::TestIdp& idp = test_idp();
    std::uint16_t port = examples::free_port();
    std::uint16_t local_port = examples::free_port();
};

}  // namespace slo::test
