// A federation's document, entity by entity.
#pragma once

#include <string>

#include "desk.hpp"

namespace slo::test {

inline std::string idp_name(const std::string& which) {
    return "https://" + which + ".example.org/saml";
}

inline std::string logout_at(const std::string& location) {
    return R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location=")" + location +
           "\"/>";
}

/// An IdP as idp_document() has it, with a name of its own.
inline std::string member(const std::string& which, const std::string& more = "",
                          const std::string& key = "keys/idp2") {
    std::string text = idp_document(key + ".crt.pem", more);
    text.replace(text.find(idp_name("idp")), idp_name("idp").size(), idp_name(which));
    return text.erase(text.find(" ID=\"_1\""), 8);
}

inline std::string service_provider(const std::string& id) {
    return "<md:EntityDescriptor entityID=\"" + id +
           "\"><md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>"
           "</md:EntityDescriptor>";
}

inline std::string aggregate(const std::string& content, const std::string& end = in_a_week()) {
    return R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_a" validUntil=")" + end +
           "\">" + content + "</md:EntitiesDescriptor>";
}

/// mdrpi:PublicationInfo of the root, to be put in front of its entities.
inline std::string published_at(const std::string& time) {
    return R"(<md:Extensions><r:PublicationInfo xmlns:r="urn:oasis:names:tc:SAML:metadata:rpi" publisher="f" )"
           R"(creationInstant=")" +
           time + "\"/></md:Extensions>";
}

/// A Desk that gets documents of a federation, whose signer it knows.
class FederationDesk : public Desk {
public:
    FederationDesk() {
        fs::create_directory(trusted);
        fs::copy_file(fs::path(SLO_FIXTURES) / (believed_signer + ".crt.pem"), folder / "federation.pem");
    }
    void offer(const std::string& document) const {
        std::ofstream(folder / "offered.xml") << signed_by(believed_signer, document);
    }
    [[nodiscard]] static std::string take(const std::string& more) {
        return "metadata import offered.xml --into trusted --signing-certificate federation.pem " + more;
    }
    [[nodiscard]] static std::string entity(const std::string& which) { return " --entity " + idp_name(which); }
    [[nodiscard]] std::string file(const std::string& name) const { return content_of(trusted / name); }
    /// What `metadata show` says of it: the IdPs, in order.
    [[nodiscard]] std::string idps_in(const std::string& name) const {
        BOOST_TEST(run("--json metadata show --allow-private-addresses trusted/" + name).code == 0);
        return json("' '.join(i['entity_id'].split('.')[0][8:] for i in it['idps'])");
    }

    fs::path trusted = folder / "trusted";
};

}  // namespace slo::test
