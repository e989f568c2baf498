// Every attack of every list, in an arena of its own; and the account of the matrix's rows.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <string>

#include "invariants.hpp"

using namespace slo::test;

namespace {

void expect_survived(const Attack& attack) {
    BOOST_TEST(attack.octets().find(marker) != std::string::npos, "nothing in it could be recognised if it leaked");
    for (const auto& broken : broken_invariants(attack, observe(attack))) BOOST_ERROR(broken);
}

/// One test case for each attack, in a suite for each matrix, so that each has its name in every report.
const bool registered = [] {
    auto& all = boost::unit_test::framework::master_test_suite();
    std::map<std::string, boost::unit_test::test_suite*> suites;
    for (const auto& attack : all_attacks()) {
        const auto matrix = attack.row.substr(0, attack.row.find('-'));
        if (!suites.contains(matrix)) {
            suites[matrix] = BOOST_TEST_SUITE(matrix);
            all.add(suites[matrix]);
        }
        suites[matrix]->add(boost::unit_test::make_test_case([attack] { expect_survived(attack); },
                                                             attack.row + "_" + attack.name, __FILE__, __LINE__));
    }
    return true;
}();

}  // namespace
