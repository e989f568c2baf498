#include "session_store_contract.hpp"

#include <boost/test/unit_test.hpp>

namespace slo::test {

StoreContract::StoreContract(const char* engine, MakeStore make_store,
                             const std::vector<std::vector<ContractCase>>& parts) {
    namespace bt = boost::unit_test;
    auto* const suite = BOOST_TEST_SUITE(engine);
    for (const std::vector<ContractCase>& part : parts) {
        for (const ContractCase& one : part) {
            const auto run = [check = one.check, make_store] { check(make_store); };
            suite->add(bt::make_test_case(run, one.name, __FILE__, __LINE__));
        }
    }
    bt::framework::current_auto_test_suite().add(suite);
}

}  // namespace slo::test
