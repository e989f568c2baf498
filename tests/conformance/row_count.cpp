// Counts which rows of the requirements checklist were run. A test case belongs to the row that its name begins with,
// so the count follows from the tests themselves.
#include <boost/test/results_collector.hpp>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>

#include <iostream>
#include <map>
#include <regex>
#include <string>

namespace {

namespace ut = boost::unit_test;

struct RowsOfTheRun : ut::test_tree_visitor {
    std::map<std::string, bool> section_1;  ///< row -> every test of it that ran has passed
    std::map<std::string, bool> later_sections;
    unsigned cases = 0;

    void visit(const ut::test_case& test) override {
        const auto& result = ut::results_collector.results(test.p_id);
        if (result.p_skipped || !test.is_enabled()) return;
        static const std::regex row("(row_[0-9]{2})_.*");
        static const std::regex requirement("((core_[a-z]+|bind_[a-z]+|soap11|http|prof_slo|aslo)_[0-9]{2})_.*");
        const std::string name = test.p_name;
        std::smatch match;
        ++cases;
        if (std::regex_match(name, match, row)) note(section_1, match[1], result.passed());
        if (std::regex_match(name, match, requirement)) note(later_sections, match[1], result.passed());
    }

private:
    static void note(std::map<std::string, bool>& rows, const std::string& row, bool passed) {
        const auto [entry, is_new] = rows.emplace(row, passed);
        if (!is_new) entry->second = entry->second && passed;
    }
};

std::size_t passed(const std::map<std::string, bool>& rows) {
    std::size_t count = 0;
    for (const auto& [row, holds] : rows) count += holds ? 1 : 0;
    return count;
}

struct PrintRows {
    void teardown() {
        RowsOfTheRun rows;
        ut::traverse_test_tree(ut::framework::master_test_suite(), rows);
        std::cout << "conformance: " << rows.section_1.size() << " rows of normative.md section 1, "
                  << rows.later_sections.size() << " of sections 2-8; " << passed(rows.section_1) << " and "
                  << passed(rows.later_sections) << " hold, in " << rows.cases << " test cases\n";
    }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(PrintRows);

BOOST_AUTO_TEST_SUITE(conformance_rows)

BOOST_AUTO_TEST_CASE(every_row_of_section_1_has_a_test) {
    struct Names : ut::test_tree_visitor {
        std::string all;
        void visit(const ut::test_case& test) override { all += "\n" + test.p_name.get(); }
    } names;
    ut::traverse_test_tree(ut::framework::master_test_suite(), names, true);
    for (int row = 1; row <= 32; ++row) {
        const auto id = (row < 10 ? "\nrow_0" : "\nrow_") + std::to_string(row) + "_";
        BOOST_TEST((names.all.find(id) != std::string::npos), "no test for row " << row);
    }
}

BOOST_AUTO_TEST_SUITE_END()
