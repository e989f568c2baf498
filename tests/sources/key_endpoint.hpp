// An endpoint's use of its keys: as in sp/daemon/main.cpp, without a socket.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "key_watch.hpp"
#include "plant.hpp"
#include "published_keys.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/sp/configuration.hpp"

namespace slo::sources {

/// Under which user the endpoint reads its keys, once it serves.
enum class ReadAs { who_made_them, another_user };

class KeyEndpoint {
public:
    KeyEndpoint(std::filesystem::path configuration, ReadAs reader, Plant plant)
        : file_(std::move(configuration)), reader_(reader), plant_(plant) {}

    /// `before_watch` happens between loading and watching. Failure: why it can't start.
    [[nodiscard]] std::optional<Failure> start(Instant now, const std::function<void()>& before_watch);
    void stop() noexcept;
    [[nodiscard]] bool runs() const noexcept { return metadata_ != nullptr; }

    /// Its task each second. Returns its report if that fails.
    std::optional<Failure> look(Instant now);

    /// Its signing certificate, in base64.
    [[nodiscard]] const std::string& signer() const noexcept { return signer_; }
    /// Its published document, and for how long it may be kept.
    [[nodiscard]] std::string published(Instant now) const;
    [[nodiscard]] std::chrono::seconds promise() const;

private:
    std::optional<Failure> take_over(sp::OurKeys keys, Instant now);

    std::filesystem::path file_;
    ReadAs reader_;
    Plant plant_;
    std::optional<sp::Configuration> configuration_;
    std::unique_ptr<daemon::KeyWatch> watch_;
    std::optional<daemon::PublishedKeys> record_;
    std::shared_ptr<metadata::PublishedMetadata> metadata_;
    std::string signer_;
};

/// Another user than root, who owns nothing.
inline constexpr unsigned another_user = 65534;

}  // namespace slo::sources
