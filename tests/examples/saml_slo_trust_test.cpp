// What becomes trusted is what was shown: nothing else is written, and what isn't shown is counted.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <string>

#include "aggregate.hpp"
#include "slo/idp_adapter/descriptor.hpp"

using namespace slo;
using namespace slo::test;

namespace {

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The endpoint's configuration, whose [[idp]] has this file.
void configure_idp(const FederationDesk& desk, const std::string& file, const std::string& more = "") {
    std::string text = content_of(desk.folder / "slo.toml");
    const auto begin = text.find("[[idp]]");
    const auto end = text.find("[store]");
    std::ofstream(desk.folder / "slo.toml")
        << text.replace(begin, end - begin, "[[idp]]\nmetadata = \"" + file + "\"\n" + more);
}

struct stat status_of(const fs::path& file) {
    struct stat status {};
    BOOST_REQUIRE(::lstat(file.c_str(), &status) == 0);
    return status;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saml_slo_trust, FederationDesk)

BOOST_AUTO_TEST_CASE(writes_the_idp_that_was_named_and_no_other) {
    offer(aggregate(member("a") + member("b") + service_provider("urn:sp")));
    check(take(entity("a")), 1, "and 2 other entities, not shown and not written");
    BOOST_TEST(fs::is_empty(trusted));
    check(take(entity("a")) + " --accept", 0, "written: trusted/a.example.org-saml.xml");
    BOOST_TEST(idps_in("a.example.org-saml.xml") == "a");
    BOOST_TEST(!has(file("a.example.org-saml.xml"), "b.example.org"));
    BOOST_TEST(run("--json " + take(entity("a"))).code == 0);
    BOOST_TEST(json("it['written'], it['changes'], it['missing'], it['left_out'], it['other_entities']") ==
               "True [] [] 2 0");
    const std::string hash = json("it['sha256']");
    BOOST_TEST(run("--json metadata show trusted/a.example.org-saml.xml").code == 0);
    BOOST_TEST(json("it['sha256']") == hash);
    // An endpoint believes the file for its place, or for its hash.
    configure_idp(*this, "trusted/a.example.org-saml.xml");
    check("metadata refresh --config slo.toml", 0, "idp-1");
    configure_idp(*this, "trusted/a.example.org-saml.xml", "sha256 = \"" + hash + "\"\n");
    check("metadata refresh --config slo.toml", 0, "idp-1");
}

BOOST_AUTO_TEST_CASE(writes_a_whole_document_to_the_octet_when_all_its_idps_were_shown) {
    offer(aggregate(member("a") + member("b") + service_provider("urn:sp")));
    check(take(""), 2, "", "the document has 2 IdPs; say how its file is called: --name");
    const Run asked = run(take("--name all.xml"));
    BOOST_TEST(asked.code == 1);
    for (const std::string& part :
         {idp_name("a"), idp_name("b"), std::string("and 1 other entity, not shown: no IdPs for SAML 2.0")}) {
        BOOST_TEST(has(asked.out, part), asked.out);
    }
    check(take("--name all.xml --accept"), 0, "written: trusted/all.xml");
    BOOST_TEST(file("all.xml") == content_of(folder / "offered.xml"));
    // Where everything in it was named, its signature stays good.
    offer(aggregate(member("a") + member("b")));
    check(take("--name both.xml --accept" + entity("b") + entity("a")), 0, "written: ");
    BOOST_TEST(file("both.xml") == content_of(folder / "offered.xml"));
}

BOOST_AUTO_TEST_CASE(writes_no_idp_that_it_can_not_show) {
    offer(aggregate(member("a") + member("home", logout_at("https://10.0.0.7/slo"))));
    check(take("--name all.xml --accept"), 3, "",
          "1 of its IdPs can't be used, and so not be shown: https://home.example.org/saml: meta.endpoint_not_allowed");
    check(take("--name all.xml --accept"), 3, "",
          "nothing was changed; if such an endpoint is meant, write --allow-priv");
    check(take("--accept" + entity("home")), 3, "", "https://home.example.org/saml: meta.endpoint_not_allowed");
    BOOST_TEST(fs::is_empty(trusted));
    check(take("--name all.xml --allow-private-addresses"), 1, "https://10.0.0.7/slo");
    check(take("--name a.xml --accept" + entity("a")), 0, "and 1 other entity, not shown and not written");
    BOOST_TEST(!has(file("a.xml"), "10.0.0.7"));

    std::string ended = member("old");
    offer(aggregate(member("a") + ended.insert(ended.find(" entityID"), " validUntil=\"2020-01-01T00:00:00Z\"")));
    check(take("--name all.xml --accept"), 3, "", "; name with --entity the IdPs that you want");
    check(take("--name all.xml --accept" + entity("old")), 3, "", "; ask its publisher, or leave it out of --entity");
    BOOST_TEST(!fs::exists(trusted / "all.xml"));
}

BOOST_AUTO_TEST_CASE(tells_that_an_idp_that_was_named_is_gone) {
    const std::string both = take("--name ab.xml" + entity("a") + entity("b"));
    offer(aggregate(member("a") + member("b") + member("c")));
    check(both + " --accept", 0, "written: ");
    const std::string before = file("ab.xml");
    offer(aggregate(member("a") + member("c")));
    check(both, 1, "entity removed");
    check(both, 1, "wanted, and not in the document: https://b.example.org/saml");
    BOOST_TEST(run("--json " + both).code == 1);
    BOOST_TEST(json("it['written'], it['missing']") == "False ['https://b.example.org/saml']");
    BOOST_TEST(file("ab.xml") == before);
    check(both + " --accept", 0, "written: ");
    BOOST_TEST(idps_in("ab.xml") == "a");
    // Still so at each later import, whatever else changes.
    check(both, 1, "wanted, and not in the document: https://b.example.org/saml");
    offer(aggregate(member("c") + member("d")));
    check(both + " --accept", 3, "",
          "doesn't have https://a.example.org/saml, https://b.example.org/saml: its publisher doesn't vouch for it, or "
          "no longer; nothing was changed; if trusted/ab.xml has it");
    BOOST_TEST(idps_in("ab.xml") == "a");
}

BOOST_AUTO_TEST_CASE(takes_no_idp_away_by_naming_another) {
    offer(aggregate(member("a") + member("b")));
    check(take("--name all.xml --accept"), 0, "written: ");
    check(take("--name all.xml" + entity("a")), 1, "the IdP is no longer believed");
    BOOST_TEST(idps_in("all.xml") == "a b");
    // Without names, what its publisher revokes is gone at once.
    offer(aggregate(member("a")));
    check(take("--name all.xml"), 0, "entity removed");
    BOOST_TEST(idps_in("all.xml") == "a");
}

// Erratum E76; MET-04
BOOST_AUTO_TEST_CASE(an_excerpt_ends_with_its_document_and_is_not_rolled_back) {
    const std::string end = in_a_week();
    offer(aggregate(published_at("2026-02-02T00:00:00Z") + member("a") + member("b"), end));
    check(take("--accept" + entity("a")), 0, "written: ");
    BOOST_TEST(run("--json metadata show trusted/a.example.org-saml.xml").code == 0);
    BOOST_TEST(json("it['valid_until'], it['idps'][0]['valid_until'], it['published']") ==
               end + " " + end + " 2026-02-02T00:00:00Z");
    offer(aggregate(published_at("2026-02-01T00:00:00Z") + member("a", "", "keys/idp1-second") + member("b")));
    check(take("--accept" + entity("a")), 3, "", "meta.older_than_known (published before the document in force)");
}

BOOST_AUTO_TEST_CASE(reports_the_written_entities_that_an_endpoint_would_not_believe) {
    offer(aggregate(member("a") + member("b")));
    configure_idp(*this, "trusted/a.xml", "signing_certificates = [\"federation.pem\"]\n");
    check(take("--name a.xml --accept --config slo.toml" + entity("a")), 3, "",
          "what would be written isn't believed by idp-1 of the configuration: sig.missing");
    configure_idp(*this, "trusted/a.xml");
    check(take("--name a.xml --accept --config slo.toml"), 3, "", "it holds 2 entities");
    BOOST_TEST(fs::is_empty(trusted));
    check(take("--name b.xml --accept --config slo.toml" + entity("a")), 2, "",
          "no source of it has the file trusted/b.xml; name with --as the one that is meant: idp-1");
    check(take("--name b.xml --accept --config slo.toml --as idp-2" + entity("a")), 2, "", "it has no source idp-2");
    check(take("--name b.xml --accept --config slo.toml --as idp-1" + entity("a")), 0, "written: trusted/b.xml");
    check(take("--name a.xml --accept --config slo.toml" + entity("a")), 0, "written: trusted/a.xml");
}

BOOST_AUTO_TEST_CASE(counts_the_entities_that_it_does_not_show) {
    const std::string end = in_a_week();
    std::ofstream(folder / "old.xml") << aggregate(member("a") + service_provider("urn:sp1"), end);
    std::ofstream(folder / "new.xml") << aggregate(member("a") + member("home", logout_at("https://10.0.0.7/slo")) +
                                                       service_provider("urn:sp1") + service_provider("urn:sp2"),
                                                   end);
    check("metadata show new.xml --for asking", 0, "and 2 other entities, not shown: no IdPs for SAML 2.0");
    check("metadata show new.xml --for asking", 0, "refused, line 1: https://home.example.org/saml: ");
    BOOST_TEST(run("--json metadata show new.xml --for asking").code == 0);
    BOOST_TEST(json("it['entities'], len(it['idps']), it['refused_count'], it['other_entities']") == "4 1 1 2");
    check("metadata validate new.xml --for asking", 1, "and 2 other entities, not reviewed: no IdPs for SAML 2.0");
    BOOST_TEST(run("--json metadata validate new.xml --for asking").code == 1);
    BOOST_TEST(json("it['other_entities']") == "2");
    // What can't be compared may be believed elsewhere: that is never "nothing".
    check("metadata diff old.xml new.xml", 1, "NEW: not compared: refused, line 1: https://home.example.org/saml: ");
    check("metadata diff old.xml new.xml", 1, "OLD: and 1 other entity, not compared");
    BOOST_TEST(run("--json metadata diff old.xml new.xml").code == 1);
    BOOST_TEST(json("it['changes'], it['old']['other_entities'], it['new']['refused_count']") == "[] 1 1");
    BOOST_TEST(json("it['new']['refused'][0]['entity_id']") == "https://home.example.org/saml");
    check("metadata diff old.xml new.xml --allow-private-addresses", 1, "entity added");
    check("metadata diff old.xml old.xml", 0, "nothing changes in trust");
}

BOOST_AUTO_TEST_CASE(a_file_keeps_its_owner_and_its_mode) {
    const fs::path target = trusted / "a.example.org-saml.xml";
    offer(aggregate(member("a") + member("b")));
    const bool root = ::geteuid() == 0;
    constexpr uid_t somebody = 65534;
    if (root) BOOST_REQUIRE(::chown(trusted.c_str(), somebody, somebody) == 0);
    check(take("--accept" + entity("a")), 0, "written: ");
    const auto made = status_of(target);
    BOOST_TEST((made.st_mode & 0777U) == 0644U);
    BOOST_TEST(made.st_uid == (root ? somebody : ::geteuid()));
    BOOST_TEST(made.st_gid == (root ? somebody : made.st_gid));

    BOOST_REQUIRE(::chmod(target.c_str(), 0640) == 0);
    if (root) BOOST_REQUIRE(::chown(target.c_str(), somebody - 1, somebody - 2) == 0);
    offer(aggregate(member("a", "", "keys/idp1-second") + member("b")));
    check(take("--accept" + entity("a")), 0, "written: ");
    const auto kept = status_of(target);
    BOOST_TEST(kept.st_ino != made.st_ino);
    BOOST_TEST((kept.st_mode & 0777U) == 0640U);
    BOOST_TEST(kept.st_uid == (root ? somebody - 1 : ::geteuid()));
    BOOST_TEST(kept.st_gid == (root ? somebody - 2 : made.st_gid));
    BOOST_TEST(!fs::exists(target.string() + ".new"));
}

BOOST_AUTO_TEST_CASE(writes_through_no_link_and_beside_no_other_writer) {
    offer(aggregate(member("a")));
    fs::create_symlink(folder / "elsewhere.xml", trusted / "a.example.org-saml.xml");
    check(take("--accept"), 2, "", "is a symbolic link; name the folder and the file that it leads to");
    BOOST_TEST(!fs::exists(folder / "elsewhere.xml"));
    fs::remove(trusted / "a.example.org-saml.xml");

    const idp_adapter::Descriptor other(::open(trusted.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    BOOST_REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    check(take("--accept"), 2, "", "wait until no other saml-slo is at work there");
    BOOST_TEST(fs::is_empty(trusted));
}

BOOST_AUTO_TEST_SUITE_END()
