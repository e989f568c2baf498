#include "slo/sp/configured_source.hpp"

#include <utility>

#include "slo/idp_adapter/idp.hpp"
#include "slo/metadata/error.hpp"

namespace slo::sp {

Result<metadata::MetadataDocument> judge(const ConfiguredSource& source, const saml::OctetSource& octets, Instant now) {
    auto document = metadata::read_metadata(octets, source.rules, now);
    if (!document || source.holds == ConfiguredSource::Holds::any_idps) return document;
    if (document->idps.size() != 1 || document->entities != 1) {
        if (!document->refused.empty()) return std::move(document->refused.front().why);
        return Failure{
            make_error_code(metadata::Errc::not_metadata),
            "it holds " + std::to_string(document->entities) + " entities; name an aggregate in [[metadata]]"};
    }
    auto idp = idp_adapter::make_idp(document->idps.front(), {});
    if (!idp) return std::move(idp).error();
    return document;
}

}  // namespace slo::sp
