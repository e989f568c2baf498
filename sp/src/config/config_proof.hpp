// By what a document of [[idp]] or [[metadata]] is believed, and for how long without a date in it (MET-01, MET-03).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config_table.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {

/// ProofReader reads the settings of one table that say so. Its functions refuse.
class ProofReader {
public:
    enum class Proof { none, signature, hash };

    /// What it's made of must outlive it.
    ProofReader(const ConfigTable& table, const std::filesystem::path& folder, Instant now,
                std::vector<std::string>& notes)
        : table_(table), folder_(folder), now_(now), notes_(notes) {}

    /// read_trust reads what the document itself must prove.
    [[nodiscard]] Proof read_trust(metadata::MetadataRules& rules) const;
    /// read completes `source`, which has its name and its place.
    void read(idp_adapter::MetadataSourceOptions& source) const;

private:
    void require_proof(const idp_adapter::MetadataSourceOptions& source, Proof proof) const;
    void read_certified_server(idp_adapter::MetadataSourceOptions& source, Proof proof) const;
    void read_age(idp_adapter::MetadataSourceOptions& source) const;

    const ConfigTable& table_;
    const std::filesystem::path& folder_;
    Instant now_;
    std::vector<std::string>& notes_;
};

}  // namespace slo::sp
