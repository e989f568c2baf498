// saml-slo keys where something was lost, belongs to another user, or isn't published yet.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "desk.hpp"
#include "http_client.hpp"
#include "operator.hpp"
#include "slo/sp/publication_record.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(::geteuid() == 0);
    result.message() << "only root can act for another user";
    return result;
}

class KeyDesk : public Desk {
public:
    const std::string rotate = "keys rotate --config slo.toml --stage ";
    const std::string begin = "keys new --folder keys";

    [[nodiscard]] std::string fingerprint(const std::string& key) const {
        return saml::Certificate::parse(content_of(folder / "keys" / (key + ".crt.pem"))).value().fingerprint();
    }
    /// What an endpoint would have told: since `since` it has promised `promised` and published these signing keys, and
    /// signs with the first.
    void tell(Instant since, std::chrono::seconds promised, const std::vector<std::string>& keys) const {
        auto record = sp::PublicationRecord::open(folder / "slo.published.log");
        BOOST_REQUIRE(record.has_value());
        sp::KeysInForce in_force{.signs = fingerprint(keys.front())};
        for (const std::string& key : keys) in_force.signing.push_back(fingerprint(key));
        BOOST_REQUIRE(record->keep(in_force, promised, since).has_value());
    }
    void copy_key(const std::string& fixture, const std::string& name) const {
        for (const char* kind : {".key.pem", ".crt.pem"})
            fs::copy_file(fs::path(SLO_FIXTURES) / (fixture + kind), folder / (name + kind));
    }
};

/// An endpoint with the Desk's configuration.
class Endpoint {
public:
    explicit Endpoint(const KeyDesk& desk, const std::string& keys = "keys = \"keys\"", const std::string& more = {})
        : port_(examples::free_port()) {
        desk.configure(keys, port_, examples::free_port());
        std::ofstream(desk.folder / "slo.toml", std::ios::app) << more;
        process_.emplace(*examples::ChildProcess::start({SLO_DAEMON, "--config", desk.folder / "slo.toml"}));
        wait_for("local interface");
    }
    std::string wait_for(std::string_view part) {
        std::string said;
        auto line = process_->next_line(test::patience);
        for (; line && line->find(part) == std::string::npos; line = process_->next_line(test::patience))
            said += *line + "\n";
        BOOST_REQUIRE_MESSAGE(line.has_value(), "never said " << part << " but\n" << said);
        return *line;
    }
    [[nodiscard]] std::vector<std::string> published() const {
        const auto answer = examples::call(port_, {.method = "GET", .path = "/saml/metadata"});
        const auto sp = examples::TrustedSp::from_metadata(answer ? answer->body : "");
        BOOST_REQUIRE(sp.has_value());
        std::vector<std::string> fingerprints;
        for (const auto& certificate : sp->certificates) fingerprints.push_back(certificate.fingerprint());
        return fingerprints;
    }
    [[nodiscard]] int stop() { return process_->stop(test::patience); }

private:
    std::uint16_t port_;
    std::optional<examples::ChildProcess> process_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saml_slo_keys, KeyDesk)

BOOST_AUTO_TEST_CASE(makes_no_key_unless_it_is_asked_to) {
    check("keys list --config slo.toml", 2, "", "make one with saml-slo keys new --folder");
    check(rotate + "prepare", 2, "", "there is no signing key yet");
    BOOST_TEST(!fs::exists(folder / "keys"));
    check(begin, 0, "signing-1");
    check("keys list --config slo.toml", 0, "signing-1");
}

BOOST_AUTO_TEST_CASE(a_folder_begins_with_a_signing_key) {
    check(begin + " --purpose encryption", 2, "", "make that first: saml-slo keys new --folder keys");
    check(begin, 0, "signing-1");
    check(begin + " --purpose encryption", 0, "encryption-1");
    check("keys list --config slo.toml", 0, "encryption-1");
}

BOOST_AUTO_TEST_CASE(takes_no_key_for_encryption_that_cannot_decrypt) {
    check(begin, 0, "signing-1");
    check("keys new curve --kind p256", 0, "curve.crt.pem");
    check(begin + " --purpose encryption --served-key curve.key.pem --served-certificate curve.crt.pem", 2, "",
          "an encryption key must be RSA");
    check(begin + " --purpose encryption --kind p384", 2, "", "must be RSA");
    BOOST_TEST(!fs::exists(folder / "keys/encryption-1.key.pem"));
    check("keys list --config slo.toml", 0, "signing-1");
}

BOOST_AUTO_TEST_CASE(begins_nothing_anew_where_the_file_that_decides_is_lost) {
    check(begin, 0, "signing-1");
    const std::string served = fingerprint("signing-1");
    fs::remove(folder / "keys/keys.toml");
    check(begin, 2, "", "has keys (\"signing-1\"), but no keys.toml; restore it, or name the key that served");
    check("keys list --config slo.toml", 2, "", "though keys lie there (\"signing-1\")");
    BOOST_TEST(!fs::exists(folder / "keys/signing-2.key.pem"));
    check(begin + " --served-key keys/signing-1.key.pem --served-certificate keys/signing-1.crt.pem", 0, served);
    BOOST_TEST(!fs::exists(folder / "keys/signing-2.key.pem"));
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("[(k['name'], k['stage'], k['sha256']) for k in it['keys']]") ==
               "[('signing-1', 'active', '" + served + "')]");
}

BOOST_AUTO_TEST_CASE(a_running_endpoint_keeps_its_keys_whatever_is_lost) {
    check(begin, 0, "signing-1");
    const std::vector<std::string> served{fingerprint("signing-1")};
    Endpoint endpoint(*this);
    fs::rename(folder / "keys/keys.toml", folder / "lost.toml");
    BOOST_TEST((endpoint.wait_for("\"event\":\"keys\"").find("keys.toml") != std::string::npos));
    fs::rename(folder / "keys", folder / "lost");
    check(begin, 0, "signing-1");  // as an operator with an empty folder may
    endpoint.wait_for("names none of the signing keys that we publish");
    BOOST_TEST(endpoint.published() == served, boost::test_tools::per_element());
    BOOST_TEST(endpoint.stop() == 0);
}

BOOST_AUTO_TEST_CASE(an_endpoint_whose_keys_are_not_mounted_does_not_start_with_others) {
    for (const char* keys : {"keys = \"keys\"", "signing_key = \"a.key.pem\"\nsigning_certificate = \"a.crt.pem\""}) {
        Endpoint endpoint(*this, keys);  // a new installation asks no question
        BOOST_TEST(endpoint.stop() == 0);
        fs::create_directory(folder / "unmounted");
        for (const char* name : {"keys", "a.key.pem", "a.crt.pem"}) {
            if (fs::exists(folder / name)) fs::rename(folder / name, folder / "unmounted" / name);
        }
        Operator::expect_refusal(*examples::ChildProcess::start({SLO_DAEMON, "--config", folder / "slo.toml"}),
                                 "but this service published one", "mount or restore");
        for (const auto& entry : fs::directory_iterator(folder / "unmounted"))
            fs::rename(entry.path(), folder / entry.path().filename());
        fs::remove(folder / "unmounted");
        Endpoint again(*this, keys);
        BOOST_TEST(again.stop() == 0);
        fs::remove(folder / "slo.published.log");
    }
}

BOOST_AUTO_TEST_CASE(new_keys_by_the_operators_own_hand_are_another_identity) {
    {
        Endpoint endpoint(*this);
        BOOST_TEST(endpoint.stop() == 0);
    }
    fs::remove_all(folder / "keys");
    check(begin, 0, "signing-1");
    Endpoint endpoint(*this);
    BOOST_TEST(endpoint.published() == std::vector{fingerprint("signing-1")}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(activates_no_key_that_no_endpoint_publishes) {
    check(begin, 0, "signing-1");
    check(rotate + "prepare", 0, "no endpoint is known that publishes signing-2 yet");
    check(rotate + "activate --force", 5, "", "no endpoint publishes signing-2 yet, by what stands in ");
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("it['followed'], [k['stage'] for k in it['keys']]") == "False ['active', 'next']");
    const Instant now = sp::SystemClock().now();
    tell(now - 10h, 1h, {"signing-1"});
    check(rotate + "activate --force", 5, "", "see that the endpoint runs, can write there and can read");
    tell(now - 9h, 1h, {"signing-1", "signing-2"});
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("it['followed']") == "True");
    check(rotate + "activate", 0, "the old certificate is still published");
    check(rotate + "retire --force", 5, "", "no endpoint signs with signing-2 yet");
    tell(now - 2h, 1h, {"signing-2", "signing-1"});
    check(rotate + "retire", 0, "signing-2  signing  active");
}

BOOST_AUTO_TEST_CASE(signs_with_an_unpublished_key_only_if_that_risk_is_named) {
    check(begin, 0, "signing-1");
    check(rotate + "prepare", 0, "next");
    check(rotate + "activate --risk-unpublished", 3, "", "too early");
    check(rotate + "activate --risk-unpublished --force", 0, "retiring");
}

BOOST_AUTO_TEST_CASE(decrypts_everywhere_before_the_certificate_goes_out) {
    const std::string purpose = " --purpose encryption";
    check(begin, 0, "signing-1");
    check(begin + purpose, 0, "encryption-1");
    check(rotate + "prepare" + purpose, 0, "encryption-2");
    tell(sp::SystemClock().now() - 10h, 1h, {"signing-1"});
    check(rotate + "activate --force" + purpose, 5, "", "no endpoint decrypts with encryption-2 yet");
}

BOOST_AUTO_TEST_CASE(activate_waits_for_the_promise_made_when_the_certificate_was_published) {
    check(begin, 0, "signing-1");
    check(rotate + "prepare", 0, "next");
    const Instant now = sp::SystemClock().now();
    tell(now - 240h, 720h, {"signing-1"});
    tell(now - 120h, 720h, {"signing-1", "signing-2"});
    configure("keys = \"keys\"\nmetadata_cache_for = \"1m\"");
    tell(now - 119h, 6min, {"signing-1", "signing-2"});
    check(rotate + "activate", 3, "",
          "too early: some IdPs may have our older metadata until " + saml::format_instant(now + 600h));
    check(rotate + "activate --force", 0, "retiring");
}

BOOST_AUTO_TEST_CASE(a_step_of_a_running_endpoint_is_known_to_the_tool) {
    check(begin, 0, "signing-1");
    Endpoint endpoint(*this);
    check(rotate + "prepare", 0, "next");
    endpoint.wait_for(R"("detail":"signing-1 active, signing-2 next")");
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("it['followed']") == "True");
    check(rotate + "activate", 3, "", "too early");
    check(rotate + "activate --force", 0, "retiring");
    endpoint.wait_for(R"("detail":"signing-2 active, signing-1 retiring")");
    check(rotate + "retire --force", 0, "signing-2");
    BOOST_TEST(endpoint.stop() == 0);
}

BOOST_AUTO_TEST_CASE(as_root_it_takes_nothing_from_the_endpoint, *boost::unit_test::precondition(as_root)) {
    fs::permissions(folder, fs::perms::others_exec, fs::perm_options::add);
    Endpoint endpoint(*this, "keys = \"keys\"", "[process]\nuser = \"nobody\"\n");
    check(rotate + "prepare", 0, "next");
    endpoint.wait_for(R"("detail":"signing-1 active, signing-2 next")");
    BOOST_TEST(endpoint.published().size() == 2U);
    for (const auto& entry : fs::directory_iterator(folder / "keys")) {
        struct stat status {};
        BOOST_REQUIRE(::stat(entry.path().c_str(), &status) == 0);
        BOOST_TEST(status.st_uid == 65534U, entry.path());
    }
    check(rotate + "activate --force", 0, "retiring");
    endpoint.wait_for(R"("detail":"signing-2 active, signing-1 retiring")");
    BOOST_TEST(endpoint.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_key_that_the_endpoint_cannot_read_is_told_and_not_activated,
                     *boost::unit_test::precondition(as_root)) {
    fs::permissions(folder, fs::perms::others_exec, fs::perm_options::add);
    Endpoint endpoint(*this, "keys = \"keys\"", "[process]\nuser = \"nobody\"\n");
    const auto before = endpoint.published();
    copy_key("keys/idp2", "keys/signing-2");
    BOOST_REQUIRE(::chown((folder / "keys/signing-2.key.pem").c_str(), 0, 0) == 0);
    BOOST_REQUIRE(::chmod((folder / "keys/signing-2.key.pem").c_str(), 0600) == 0);
    auto ring = sp::read_key_ring(folder / "keys").value();
    ring.keys.push_back({"signing-2", sp::KeyPurpose::signing, sp::KeyStage::next, ring.keys.front().since});
    BOOST_REQUIRE(sp::write_key_ring(folder / "keys", ring).has_value());
    const std::string line = endpoint.wait_for("\"event\":\"keys\"");
    BOOST_TEST((line.find("Permission denied") != std::string::npos), line);
    BOOST_TEST(endpoint.published() == before, boost::test_tools::per_element());
    check(rotate + "activate --force", 5, "", "no endpoint publishes signing-2 yet");
    BOOST_TEST(endpoint.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
