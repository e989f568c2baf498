#include "slo/idp_adapter/idp_directory.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "slo/metadata/metadata_parser.hpp"

namespace slo::idp_adapter {

Result<IdpDirectory> IdpDirectory::of(std::vector<Idp> idps) {
    IdpDirectory directory;
    directory.idps_.reserve(idps.size());
    for (Idp& idp : idps) {
        auto shared = std::make_shared<const Idp>(std::move(idp));
        const bool is_new = directory.idps_.emplace(shared->entity_id, shared).second;
        // Merging them would let one IdP's keys speak for the other.
        if (!is_new) {
            return Failure{
                make_error_code(metadata::Errc::schema_violation),
                "IdP number " + std::to_string(directory.size() + 1) + " has the same entityID as one before it"};
        }
    }
    return directory;
}

std::shared_ptr<const Idp> IdpDirectory::find(const saml::EntityID& entity_id) const {
    const auto found = idps_.find(entity_id);
    return found == idps_.end() ? nullptr : found->second;
}

bool IdpDirectory::accepts_content_type(std::string_view media_type) const noexcept {
    if (media_type == "text/xml") return true;  // the binding's own, so no profile lists it
    return std::any_of(idps_.begin(), idps_.end(), [&](const auto& entry) {
        const auto& extra = entry.second->profile.extra_content_types;
        return std::find(extra.begin(), extra.end(), media_type) != extra.end();
    });
}

}  // namespace slo::idp_adapter
