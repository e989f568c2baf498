// An order for the store is made of a verified request; an unverified one may be by any sender.
#include <utility>

#include "logout_order.hpp"
#include "slo/saml/unverified.hpp"

slo::Result<slo::sp::LogoutOrder> misuse(const slo::saml::UnverifiedLogoutRequest& unverified,
                                         const slo::saml::Verified<slo::saml::LogoutRequest>& request,
                                         slo::saml::NameID name_id, const slo::idp_adapter::Idp& idp,
                                         const slo::saml::EntityID& sp) {
#ifdef SLO_MISUSE
    return slo::sp::order_from(unverified, std::move(name_id), idp, sp, {}, {});
#endif
    static_cast<void>(unverified);
    return slo::sp::order_from(request, std::move(name_id), idp, sp, {}, {});
}
