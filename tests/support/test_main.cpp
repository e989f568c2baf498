#define BOOST_TEST_MODULE slo
#include <boost/test/unit_test.hpp>
