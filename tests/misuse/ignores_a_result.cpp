// A Result that nobody looks at may be a failure that nobody sees.
#include "slo/saml/runtime.hpp"

bool misuse() {
#ifdef SLO_MISUSE
    slo::saml::self_test();
#endif
    return slo::saml::self_test().has_value();
}
