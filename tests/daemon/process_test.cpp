// The restrictions of saml-slod's own process. Attack matrix: MEM-14, XML-23, INJ-07.
#include "process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "forked.hpp"
#include "slo/saml/runtime.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace slo;
using daemon::become_user;
using daemon::limit_descriptors;
using daemon::shed_inheritance;
using test::holds_in_child;

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(::geteuid() == 0);
    result.message() << "only root can become another user";
    return result;
}

bool may_dump() {
    rlimit core{};
    if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0) return true;
    return !daemon::instrumented && ::prctl(PR_GET_DUMPABLE) != 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(takes_nothing_from_the_environment) {
    BOOST_TEST(holds_in_child([] {
        ::setenv("OPENSSL_CONF", "/nowhere", 1);
        ::setenv("ANYTHING", "else", 1);
        return shed_inheritance().has_value() && (environ == nullptr || *environ == nullptr);
    }));
}

BOOST_AUTO_TEST_CASE(a_hardened_host_keeps_its_environment_except_for_c_libraries_variables) {
    for (const char* followed :
         {"XML_CATALOG_FILES", "XML_DEBUG_CATALOG", "SGML_CATALOG_FILES", "XMLSEC_CONFIG", "OPENSSL_CONF",
          "OPENSSL_MODULES", "OPENSSL_ENGINES", "OPENSSL_CONF_INCLUDE", "SSL_CERT_FILE", "SSL_CERT_DIR", "RANDFILE",
          "SSLKEYLOGFILE", "MALLOC_ARENA_MAX", "MALLOC_PERTURB_", "GLIBC_TUNABLES", "GCONV_PATH", "http_proxy"}) {
        BOOST_TEST(holds_in_child([followed] {
                       ::setenv(followed, "/nowhere", 1);
                       ::setenv("HOSTS_OWN", "kept", 1);
                       return saml::harden_process() && ::getenv(followed) == nullptr &&
                              ::getenv("HOSTS_OWN") == std::string("kept");
                   }),
                   followed);
    }
}

BOOST_AUTO_TEST_CASE(keeps_no_descriptor_that_it_inherited) {
    BOOST_TEST(holds_in_child([] {
        const int low = ::dup(STDERR_FILENO);
        const int high = ::fcntl(STDERR_FILENO, F_DUPFD, 200);
        if (low < 3 || high < 200 || !shed_inheritance()) return false;
        return ::fcntl(low, F_GETFD) == -1 && ::fcntl(high, F_GETFD) == -1 && ::fcntl(STDERR_FILENO, F_GETFD) >= 0;
    }));
}

BOOST_AUTO_TEST_CASE(opens_no_file_in_the_place_of_a_standard_stream) {
    BOOST_TEST(holds_in_child([] {
        for (const int standard : {0, 1, 2}) ::close(standard);
        if (!shed_inheritance()) return false;
        return ::open("/dev/null", O_RDONLY) == 3;
    }));
}

BOOST_AUTO_TEST_CASE(leaves_no_key_in_a_core_dump) {
    BOOST_TEST(holds_in_child([] { return shed_inheritance().has_value() && !may_dump(); }));
}

BOOST_AUTO_TEST_CASE(gains_no_privileges_from_programs) {
    BOOST_TEST(
        holds_in_child([] { return shed_inheritance().has_value() && ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }));
}

BOOST_AUTO_TEST_CASE(makes_files_for_itself_alone) {
    BOOST_TEST(holds_in_child([] {
        ::umask(0);
        return shed_inheritance().has_value() && ::umask(0) == 077;
    }));
}

BOOST_AUTO_TEST_CASE(outlives_the_reader_of_its_output) {
    BOOST_TEST(holds_in_child([] {
        std::array<int, 2> ends{};
        if (!shed_inheritance() || ::pipe(ends.data()) != 0) return false;
        ::close(ends[0]);
        return ::write(ends[1], "x", 1) == -1 && errno == EPIPE;
    }));
}

BOOST_AUTO_TEST_CASE(opens_as_many_descriptors_as_it_needs_and_no_more) {
    BOOST_TEST(holds_in_child([] {
        const rlimit low{.rlim_cur = 16, .rlim_max = 300};
        if (::setrlimit(RLIMIT_NOFILE, &low) != 0 || !limit_descriptors(200)) return false;
        rlimit now{};
        if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur != 200 || now.rlim_max != 200) return false;
        return ::fcntl(STDERR_FILENO, F_DUPFD, 199) == 199 && ::dup2(STDERR_FILENO, 200) == -1;
    }));
}

BOOST_AUTO_TEST_CASE(says_how_to_mend_a_limit_that_is_too_low) {
    // More than the kernel allows any user (fs.nr_open), so that root is refused too.
    BOOST_TEST(holds_in_child([] {
        const auto limited = limit_descriptors(std::numeric_limits<int>::max());
        return !limited && limited.error().detail.find("needs 2147483647") != std::string::npos &&
               limited.error().detail.find("raise the hard limit") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(becomes_another_user_wholly_and_for_good, *boost::unit_test::precondition(as_root)) {
    BOOST_TEST(holds_in_child([] {
        const std::array<gid_t, 2> groups{1, 2};
        if (::setgroups(groups.size(), groups.data()) != 0) return false;
        if (!shed_inheritance() || !become_user("nobody")) return false;
        std::array<uid_t, 3> users{};
        std::array<gid_t, 3> own{};
        if (::getresuid(users.data(), &users[1], &users[2]) != 0 || ::getresgid(own.data(), &own[1], &own[2]) != 0)
            return false;
        for (const uid_t user : users) {
            if (user != 65534) return false;
        }
        for (const gid_t group : own) {
            if (group != 65534) return false;
        }
        return ::getgroups(0, nullptr) == 0 && ::seteuid(0) == -1 && !daemon::is_root();
    }));
}

BOOST_AUTO_TEST_CASE(leaves_no_core_dump_as_another_user_either, *boost::unit_test::precondition(as_root)) {
    BOOST_TEST(holds_in_child([] { return shed_inheritance() && become_user("nobody") && !may_dump(); }));
}

BOOST_AUTO_TEST_CASE(notices_capabilities_that_outlive_the_change_of_user, *boost::unit_test::precondition(as_root)) {
    BOOST_TEST(holds_in_child([] {
        if (::prctl(PR_SET_KEEPCAPS, 1) != 0) return false;
        const auto became = become_user("nobody");
        return !became && became.error().detail.find("only in part") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(stays_root_if_told_so, *boost::unit_test::precondition(as_root)) {
    BOOST_TEST(holds_in_child([] { return become_user("root").has_value() && daemon::is_root(); }));
}

BOOST_AUTO_TEST_CASE(becomes_no_user_that_does_not_exist) {
    BOOST_TEST(holds_in_child([] {
        const auto became = become_user("no-such-user");
        return !became && became.error().detail.find("isn't known here; make it") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(only_root_becomes_another_user) {
    BOOST_TEST(holds_in_child([] {
        if (::geteuid() == 0 && !become_user("nobody")) return false;
        const auto became = become_user("root");
        return !became && became.error().detail.find("without being root") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(the_present_user_may_be_named, *boost::unit_test::precondition(as_root)) {
    BOOST_TEST(holds_in_child([] { return become_user("nobody") && become_user("nobody"); }));
}

BOOST_AUTO_TEST_CASE(the_refusal_names_the_command_for_a_folder_of_another_user,
                     *boost::unit_test::precondition(as_root)) {
    const test::TemporaryFolder around;
    const auto folder = around.path() / "user's store";
    std::filesystem::create_directory(folder);
    const auto refused = daemon::make_folder_for("nobody", folder);
    BOOST_REQUIRE(!refused);
    const std::string& said = refused.error().detail;
    BOOST_TEST((said.find("belongs to user 0") != std::string::npos), said);
    const std::string command = "chown -R nobody: '" + around.path().string() + "/user'\\''s store'";
    BOOST_TEST(said.ends_with("; end that run, and give it away: " + command), said);
    struct stat status {};
    BOOST_TEST((::stat(folder.c_str(), &status) == 0 && status.st_uid == 0));

    BOOST_REQUIRE(std::system(command.c_str()) == 0);
    BOOST_TEST(daemon::make_folder_for("nobody", folder).has_value());
    BOOST_TEST(daemon::make_folder_for("nobody", folder.string() + "/").has_value());
    BOOST_TEST(!daemon::make_folder_for("root", around.path() / "none" / "deeper").has_value());
    BOOST_TEST(daemon::make_folder_for("root", folder).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
