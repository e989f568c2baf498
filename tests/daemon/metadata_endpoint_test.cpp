// The real endpoint while its IdP's keys roll over: in a file that it watches, and at a URL.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "fixtures.hpp"
#include "idp_document.hpp"
#include "loopback_server.hpp"
#include "site.hpp"

namespace {

using namespace slo;
using test::Site;

/// A second pair of keys for the test IdP; each takes long to make.
const examples::TestIdp& rolled_idp() {
    static const auto idp = *examples::TestIdp::make(test::test_idp().entity_id(), test::now());
    return idp;
}

/// An order of logout by `idp` for a user who has just signed in.
examples::SentLogout order_by(const Site& site, const examples::TestIdp& idp, const std::string& id) {
    BOOST_REQUIRE(site.sign_in(id, id) == 201);
    auto order = idp.order(
        {.destination = "http://127.0.0.1/saml/slo", .name_id = examples::persistent_name(id), .session_indexes = {}},
        test::now());
    BOOST_REQUIRE(order.has_value());
    return *std::move(order);
}

std::string line_with(examples::ChildProcess& process, std::string_view part) {
    std::string line;
    std::string said;
    while (line.find(part) == std::string::npos) {
        const auto next = process.next_line(test::patience);
        BOOST_REQUIRE_MESSAGE(next.has_value(), "the endpoint never said " << part << " but\n" << said);
        line = *next;
        said += line + "\n";
    }
    return line;
}

/// Whether the session is gone: an order that isn't believed leaves it alive.
bool is_ended(const Site& site, const examples::SentLogout& order, const std::string& id) {
    BOOST_REQUIRE(site.post(order.body).has_value());
    return site.ask_for(id) == 404;
}

examples::HttpAnswer readiness(const Site& site) {
    return examples::call(site.local_port, {.method = "GET", .path = "/ready"}).value();
}

void replace(const std::filesystem::path& file, const std::string& text) {
    const std::string temporary = file.string() + ".new";
    std::ofstream(temporary) << text;
    std::filesystem::rename(temporary, file);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metadata_endpoint)

BOOST_AUTO_TEST_CASE(keys_roll_over_in_a_watched_file_while_logouts_go_on) {
    const Site site;
    auto process = site.open();
    BOOST_TEST(is_ended(site, order_by(site, site.idp, "a1"), "a1"));
    BOOST_TEST(!is_ended(site, order_by(site, rolled_idp(), "a2"), "a2"));

    replace(site.folder / "idp.xml", "<broken");
    const auto refused = line_with(process, "\"event\":\"metadata\"");
    BOOST_TEST((refused.find("\"status\":\"refused\"") != std::string::npos), refused);
    BOOST_TEST((refused.find("\"source\":\"idp-1\"") != std::string::npos), refused);
    BOOST_TEST(is_ended(site, order_by(site, site.idp, "a3"), "a3"));

    replace(site.folder / "idp.xml", rolled_idp().metadata());
    const auto updated = line_with(process, "\"status\":\"updated\"");
    BOOST_TEST((updated.find("\"event\":\"metadata\"") != std::string::npos), updated);
    BOOST_TEST(is_ended(site, order_by(site, rolled_idp(), "a4"), "a4"));
    BOOST_TEST(!is_ended(site, order_by(site, site.idp, "a5"), "a5"));
}

BOOST_AUTO_TEST_CASE(a_federation_at_a_url_is_fetched_and_its_copy_outlives_the_server) {
    const Site site;
    const std::string metadata = [&] {
        std::string text = site.idp.metadata();
        const auto at = text.find(" entityID=");
        text.insert(at,
                    " ID=\"d\" validUntil=\"" + saml::format_instant(test::now() + std::chrono::hours(24 * 7)) + "\"");
        const auto key =
            saml::SigningKey::parse(test::fixture("keys/idp2.key.pem"), test::fixture("keys/idp2.crt.pem"));
        return *saml::sign_document(*key, text);
    }();
    std::filesystem::copy_file(test::fixture_path("keys/idp2.crt.pem"), site.folder / "federation.crt.pem");
    const auto configure = [&](const std::string& url) {
        std::ifstream stream(site.folder / "slo.toml");
        std::string text(std::istreambuf_iterator<char>(stream), {});
        const auto begin = text.find("[[");
        const auto end = text.find("[store]");
        text.replace(begin, end - begin,
                     "[[metadata]]\nname = \"federation\"\nurl = \"" + url +
                         "\"\nsigning_certificates = [\"federation.crt.pem\"]\nallow_http = true\n"
                         "allow_private_addresses = true\n");
        std::ofstream(site.folder / "slo.toml") << text;
    };
    {
        const test::LoopbackServer server([&](const std::string&) { return test::reply_with(metadata); });
        configure(server.url());
        auto process = site.open();
        line_with(process, "\"status\":\"updated\"");
        BOOST_TEST(is_ended(site, order_by(site, site.idp, "b1"), "b1"));
        BOOST_TEST(process.stop(test::patience) == 0);
    }
    auto process = site.open();
    BOOST_TEST(is_ended(site, order_by(site, site.idp, "b2"), "b2"));
    const auto down = line_with(process, "\"event\":\"metadata\"");
    BOOST_TEST((down.find("\"status\":\"unreachable\"") != std::string::npos), down);
}

BOOST_AUTO_TEST_CASE(a_partner_that_is_out_at_the_start_costs_no_other_and_is_taken_in_when_its_file_is_mended) {
    Site site;
    site.more_of_idp = "[[idp]]\nmetadata = \"late.xml\"\n";
    site.configure("127.0.0.1", site.port, site.local_port);
    const std::string expired = test::fixture("reports/expired.xml");
    replace(site.folder / "late.xml", expired);
    auto checked = site.check();
    const auto reason = line_with(checked, "idp-2 can't be served: meta.expired");
    BOOST_TEST((reason.find("late.xml") != std::string::npos), reason);
    BOOST_TEST(checked.wait(test::patience) == 2);

    auto process = site.open();
    const auto told = line_with(process, "\"source\":\"idp-2\"");
    for (const char* part : {"\"status\":\"refused\"", "\"idp\":\"https://other.example.org\"",
                             "\"rule\":\"meta.expired\"", "without a restart"}) {
        BOOST_TEST((told.find(part) != std::string::npos), told);
    }
    BOOST_TEST(is_ended(site, order_by(site, site.idp, "c1"), "c1"));
    const auto before = readiness(site);
    BOOST_TEST(before.status == 200);
    BOOST_TEST(before.body.starts_with(R"({"ready":true,"idps":1,"out":1,"not_ready":[{"source":"idp-2",)"
                                       R"("idp":"https://other.example.org","rule":"meta.expired","detail":")"),
               before.body);

    std::string mended = expired;
    mended.replace(mended.find("2018-"), 5, "2098-");
    replace(site.folder / "late.xml", mended);
    line_with(process, "\"status\":\"updated\"");
    BOOST_TEST(readiness(site).body == "{\"ready\":true,\"idps\":2,\"out\":0,\"not_ready\":[]}\n");
    BOOST_TEST(site.check().wait(test::patience) == 0);
}

BOOST_AUTO_TEST_CASE(an_endpoint_whose_partners_are_all_out_starts_and_is_not_ready) {
    const Site site;
    std::filesystem::remove(site.folder / "idp.xml");
    auto process = site.start_configured();
    const auto note = process.next_line(test::patience).value_or("");
    BOOST_TEST((note.find("note: idp-1 is OUT") != std::string::npos), note);
    line_with(process, "no IdP is known yet; all logouts are refused");
    line_with(process, "\"source\":\"idp-1\"");
    const auto none = readiness(site);
    BOOST_TEST(none.status == 503);
    BOOST_TEST(none.body.starts_with(R"({"ready":false,"idps":0,"out":1,"not_ready":[{"source":"idp-1","idp":"")"),
               none.body);
    replace(site.folder / "idp.xml", site.idp.metadata());
    line_with(process, "\"status\":\"updated\"");
    BOOST_TEST(readiness(site).status == 200);
    BOOST_TEST(is_ended(site, order_by(site, site.idp, "d1"), "d1"));
}

// MET-16
BOOST_AUTO_TEST_CASE(our_metadata_does_not_depend_on_the_request) {
    const Site site;
    const auto process = site.open();
    const auto usual = examples::call(site.port, {.method = "GET", .path = "/saml/metadata"});
    const auto evil =
        examples::call(site.port, {.method = "GET", .path = "/saml/metadata", .host = "evil.example.org"});
    BOOST_REQUIRE((usual && evil));
    BOOST_TEST(usual->status == 200);
    BOOST_TEST(usual->body == evil->body);
    BOOST_TEST((evil->body.find("evil") == std::string::npos));
}

BOOST_AUTO_TEST_SUITE_END()
