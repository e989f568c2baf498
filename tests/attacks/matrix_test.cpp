// The account of the attack matrix: matrix.txt says for every row where it is played, and SECURITY.md shows the sums.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "attack.hpp"
#include "fixtures.hpp"

using namespace slo::test;

namespace {

constexpr const char* tests_folder = SLO_SOURCE_DIR "/tests/";

/// One line of matrix.txt.
struct Row {
    std::string id;    ///< "XSW-02"
    std::string kind;  ///< "attack": in the lists; "test": `file` and `name`; "out": `reason`
    std::string file;
    std::string name;
    std::string reason;
};

std::vector<Row> matrix() {
    std::istringstream lines(read_file(tests_folder + std::string("attacks/matrix.txt")));
    std::vector<Row> rows;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        std::istringstream words(line);
        Row row;
        words >> row.id >> row.kind;
        if (row.kind == "test") {
            words >> row.file >> row.name;
        } else {
            std::getline(words >> std::ws, row.reason);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string class_of(const std::string& row) {
    return row.substr(0, row.find('-'));
}

/// The classes in the order of the matrix, with the words that SECURITY.md has for them.
const std::vector<std::pair<std::string, std::string>> classes{
    {"XSW", "signature wrapping"},
    {"KEY", "whose signature"},
    {"REF", "references, transforms, canonicalisation"},
    {"XML", "the XML parser"},
    {"SAM", "SAML semantics"},
    {"RSP", "responses"},
    {"ENC", "XML Encryption"},
    {"HTP", "HTTP and TLS"},
    {"MET", "metadata and trust"},
    {"INJ", "injection, logs, side channels"},
    {"MEM", "memory and concurrency"},
    {"RDR", "other bindings"},
    {"SSO", "sign-on"},
    {"WEB", "the user's browser"},
    {"MIX", "one IdP taken for another"},
};

struct Sums {
    int rows = 0;
    int played = 0;
    int out = 0;
    int attacks = 0;
};

std::map<std::string, Sums> sums() {
    std::map<std::string, Sums> all;
    for (const auto& row : matrix()) {
        auto& sum = all[class_of(row.id)];
        ++sum.rows;
        ++(row.kind == "out" ? sum.out : sum.played);
    }
    for (const auto& attack : all_attacks()) ++all[class_of(attack.row)].attacks;
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(matrix_account)

BOOST_AUTO_TEST_CASE(every_row_is_played_or_says_why_not) {
    std::set<std::string> played;
    for (const auto& attack : all_attacks()) played.insert(attack.row);
    std::set<std::string> known{"BAD"};
    for (const auto& row : matrix()) {
        BOOST_TEST_CONTEXT(row.id) {
            BOOST_TEST(known.insert(row.id).second, "stands there twice");
            BOOST_TEST((row.kind == "attack" || row.kind == "test" || row.kind == "out"));
            if (row.kind == "attack") BOOST_TEST(played.contains(row.id), "no attack has this row");
            if (row.kind == "out") BOOST_TEST(row.reason.ends_with('.'), "no reason");
            if (row.kind == "test") {
                BOOST_REQUIRE(std::filesystem::exists(tests_folder + row.file));
                BOOST_TEST(!row.name.empty());
                const auto source = read_file(tests_folder + row.file);
                BOOST_TEST(source.find(row.name) != std::string::npos, row.file << " has no " << row.name);
            }
        }
    }
    for (const auto& row : played) BOOST_TEST(known.contains(row), row << " isn't in matrix.txt");
}

BOOST_AUTO_TEST_CASE(every_attack_has_a_name_of_its_own) {
    std::set<std::string> names;
    for (const auto& attack : all_attacks()) {
        BOOST_TEST(names.insert(attack.row + "_" + attack.name).second, attack.row << " " << attack.name);
    }
}

BOOST_AUTO_TEST_CASE(security_md_shows_the_sums) {
    const auto text = read_file(SLO_SOURCE_DIR "/SECURITY.md");
    for (const auto& [id, words] : classes) {
        const auto sum = sums()[id];
        std::ostringstream line;
        line << "| " << id << " " << words << " | " << sum.rows << " | " << sum.played << " | " << sum.out << " | "
             << sum.attacks << " |";
        BOOST_TEST(text.find(line.str()) != std::string::npos, "SECURITY.md needs the line: " << line.str());
    }
}

BOOST_AUTO_TEST_SUITE_END()
