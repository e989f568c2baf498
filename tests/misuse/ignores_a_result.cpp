// A Result that isn't checked may be an unnoticed failure.
#include "slo/saml/runtime.hpp"

bool misuse() {
#ifdef SLO_MISUSE
    slo::saml::self_test();
#endif
    return slo::saml::self_test().has_value();
}
