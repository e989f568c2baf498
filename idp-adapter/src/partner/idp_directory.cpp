#include "slo/idp_adapter/idp_directory.hpp"

#include <string>
#include <utility>

#include "slo/metadata/metadata_parser.hpp"

namespace slo::idp_adapter {

namespace {

Failure same_name(std::size_t number, std::string_view what) {
    return Failure{make_error_code(metadata::Errc::schema_violation),
                   "IdP number " + std::to_string(number) + " " + std::string(what)};
}

}  // namespace

Result<IdpDirectory> IdpDirectory::of(std::vector<Idp> idps, std::vector<AbsentPartner> absent) {
    IdpDirectory directory;
    directory.idps_.reserve(idps.size());
    directory.by_name_.reserve(idps.size());
    for (Idp& idp : idps) {
        const auto& shared = directory.idps_.emplace_back(std::make_shared<const Idp>(std::move(idp)));
        // Merging them would let one IdP's keys speak for the other.
        const bool is_new = directory.by_name_.emplace(shared->entity_id, shared).second;
        if (!is_new) return same_name(directory.size(), "has the same entityID as one before it");
    }
    for (std::size_t i = 0; i < directory.size(); ++i) {
        const auto& shared = directory.idps_[i];
        for (const saml::EntityID& alias : shared->profile.issuer_aliases) {
            const auto [named, is_new] = directory.by_name_.emplace(alias, shared);
            if (!is_new && named->second != shared) return same_name(i + 1, "has another one's name as an alias");
        }
    }
    for (const auto& idp : directory.idps_) {
        directory.content_types_.insert(idp->profile.extra_content_types.begin(),
                                        idp->profile.extra_content_types.end());
        directory.wires_.insert(idp->profile.wires.begin(), idp->profile.wires.end());
    }
    directory.absent_ = std::move(absent);
    for (std::size_t i = 0; i < directory.absent_.size(); ++i) {
        if (directory.absent_[i].names.empty() && !directory.nameless_) directory.nameless_ = i;
        for (const saml::EntityID& name : directory.absent_[i].names) directory.absent_by_name_.emplace(name, i);
    }
    return directory;
}

const AbsentPartner* IdpDirectory::find_absent(const saml::EntityID& name) const noexcept {
    const auto found = absent_by_name_.find(name);
    return found == absent_by_name_.end() || by_name_.contains(name) ? nullptr : &absent_[found->second];
}

const AbsentPartner* IdpDirectory::nameless() const noexcept {
    return nameless_ ? &absent_[*nameless_] : nullptr;
}

std::vector<AbsentPartner> IdpDirectory::not_ready(Instant now, std::chrono::seconds clock_skew) const {
    std::vector<AbsentPartner> partners = absent_;
    for (const auto& idp : idps_) {
        if (!idp->valid_until || *idp->valid_until + clock_skew > now) continue;
        partners.push_back(
            {.source = {},
             .names = {idp->entity_id},
             .why = {make_error_code(metadata::Errc::expired),
                     "its metadata " + told_end("ended", *idp->valid_until) + "; get a new copy of it"}});
    }
    return partners;
}

std::shared_ptr<const Idp> IdpDirectory::find(const saml::EntityID& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

bool IdpDirectory::accepts_wire(Wire wire) const noexcept {
    return wires_.contains(wire);
}

bool IdpDirectory::accepts_content_type(std::string_view media_type) const noexcept {
    return media_type == "text/xml" || content_types_.contains(media_type);  // the first is the binding's own
}

}  // namespace slo::idp_adapter
