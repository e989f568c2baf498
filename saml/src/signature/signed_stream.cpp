#include "slo/saml/signed_stream.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "canonical_writer.hpp"
#include "digest.hpp"
#include "enveloped_seal.hpp"
#include "signature_profile.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"
#include "xml_stream.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_signature_text = 64 * 1024;    // with KeyInfo
constexpr std::size_t max_text_before_signature = 4096;  // white space
constexpr std::size_t min_signed_octets = 64;            // as for messages: an empty canonical form has a digest, too

Failure at_line(Errc rule, std::uint64_t line, std::string_view what) {
    return fail(rule, "line " + std::to_string(line) + ": " + std::string(what));
}

bool is_ds(const StartTag& tag, std::string_view local) noexcept {
    return tag.uri == vocabulary::ds && tag.local == local;
}

/// A start tag that outlives its event.
class KeptTag {
public:
    explicit KeptTag(const StartTag& tag)
        : texts_{std::string(tag.prefix), std::string(tag.local), std::string(tag.uri)} {
        texts_.reserve(texts_.size() + 2 * tag.declared.size() + 4 * tag.attributes.size());  // views into it stay
        for (const NamespaceBinding& binding : tag.declared) {
            declared_.push_back({.prefix = keep(binding.prefix), .uri = keep(binding.uri)});
        }
        for (const TagAttribute& attribute : tag.attributes) {
            attributes_.push_back({.prefix = keep(attribute.prefix),
                                   .local = keep(attribute.local),
                                   .uri = keep(attribute.uri),
                                   .value = keep(attribute.value)});
        }
    }
    KeptTag(const KeptTag&) = delete;
    KeptTag& operator=(const KeptTag&) = delete;

    [[nodiscard]] StartTag tag() const noexcept {
        return {.prefix = texts_[0],
                .local = texts_[1],
                .uri = texts_[2],
                .declared = declared_,
                .attributes = attributes_};
    }

private:
    std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

    std::vector<std::string> texts_;
    std::vector<NamespaceBinding> declared_;
    std::vector<TagAttribute> attributes_;
};

/// Guide asks the visitor for its choice, and passes it the elements that it keeps.
class Guide {
public:
    Guide(StreamVisitor& visitor, const StreamLimits& limits) : visitor_(visitor), limits_(limits) {}

    /// Before the element is written.
    [[nodiscard]] Result<void> start(const StartTag& tag, std::uint64_t line) {
        ++depth_;
        if (keeping()) kept_lines_.push_back(static_cast<std::uint32_t>(line));
        if (depth_ > entered_ + 1) return Done{};
        attributes_.clear();
        for (const TagAttribute& attribute : tag.attributes) {
            attributes_.push_back({{attribute.uri, attribute.local}, std::string(attribute.value)});
        }
        const auto take = visitor_.start(
            {.name = {tag.uri, tag.local}, .attributes = attributes_, .depth = depth_ - 1, .line = line});
        if (!take) return take.error();
        if (*take == StreamVisitor::Take::enter) entered_ = depth_;
        if (*take == StreamVisitor::Take::keep) {
            keeping_ = depth_;
            begins_ = true;
            kept_.clear();
            kept_lines_.assign(1, static_cast<std::uint32_t>(line));
        }
        return Done{};
    }
    [[nodiscard]] bool keeping() const noexcept { return keeping_ != 0; }
    /// Whether the element that has just started is the one to keep, and so must be a document alone.
    [[nodiscard]] bool begins() noexcept { return std::exchange(begins_, false); }

    /// Canonical octets of the kept element.
    [[nodiscard]] Result<void> take(std::string_view octets) {
        kept_ += octets;
        if (kept_.size() > limits_.kept_octets) return fail(Errc::xml_limits, "an element that is too long");
        return Done{};
    }

    /// After the element is written.
    [[nodiscard]] Result<void> end() {
        const int ended = depth_--;
        if (ended == keeping_) {
            keeping_ = 0;
            return visitor_.kept(kept_, kept_lines_);
        }
        if (ended != entered_) return Done{};
        --entered_;
        return visitor_.end();
    }

private:
    StreamVisitor& visitor_;
    const StreamLimits& limits_;
    int depth_ = 0;    ///< of the element that is open; 1 is the root
    int entered_ = 0;  ///< the innermost one that was entered; all around it were
    int keeping_ = 0;  ///< the one that is kept; 0: none
    bool begins_ = false;
    std::vector<xml::Attribute> attributes_;
    std::string kept_;
    std::vector<std::uint32_t> kept_lines_;
};

/// SignatureReader takes the one ds:Signature out of the stream: its text as a document of its own, and SignedInfo as
/// the canonical octets that SignatureValue is about.
class SignatureReader {
public:
    [[nodiscard]] Result<void> start(const StartTag& tag) {
        ++depth_;
        whole_.start(tag, text_);
        if (depth_ == 2 && is_ds(tag, "SignedInfo")) in_signed_info_ = true;
        if (in_signed_info_) info_.start(tag, signed_info_);
        return check_size();
    }
    [[nodiscard]] Result<void> text(std::string_view text) {
        CanonicalWriter::text(text, text_);
        if (in_signed_info_) CanonicalWriter::text(text, signed_info_);
        return check_size();
    }
    /// Whether the Signature itself has ended.
    [[nodiscard]] bool end() {
        whole_.end(text_);
        if (in_signed_info_) info_.end(signed_info_);
        --depth_;
        if (depth_ == 1) in_signed_info_ = false;
        return depth_ == 0;
    }
    [[nodiscard]] const std::string& document() const noexcept { return text_; }
    [[nodiscard]] const std::string& signed_info() const noexcept { return signed_info_; }

private:
    [[nodiscard]] Result<void> check_size() const {
        if (text_.size() > max_signature_text) return fail(Errc::xml_limits, "ds:Signature is too long");
        return Done{};
    }

    CanonicalWriter whole_;
    CanonicalWriter info_;
    int depth_ = 0;
    bool in_signed_info_ = false;
    std::string text_;
    std::string signed_info_;
};

/// Verifies SignatureValue over the canonical SignedInfo. Returns the number of the key.
Result<std::size_t> verify_signed_info(const SignatureProfile& profile, const std::string& signed_info,
                                       std::span<const VerificationKey> keys) {
    bool some_key_fits = false;
    for (std::size_t i = 0; i < std::min(keys.size(), max_verification_keys); ++i) {
        some_key_fits = some_key_fits || keys[i].fits(profile.signature_algorithm);
        if (keys[i].verifies(profile.signature_algorithm, signed_info, profile.signature_value)) return i;
    }
    if (!some_key_fits) return fail(Errc::no_verification_key, "no key fits the signature's algorithm");
    return fail(Errc::signature_invalid);
}

/// SignedEvents verifies while it reads. The root's start tag waits for the Signature behind it, which defines its
/// canonical form; the Signature's value is verified before anything else is read, so that a forgery costs no more than
/// its first octets. Only the digest is checked at the end.
class SignedEvents final : public XmlEvents {
public:
    SignedEvents(std::span<const VerificationKey> keys, const AlgorithmPolicy& policy, const StreamLimits& limits,
                 StreamVisitor& visitor)
        : keys_(keys), policy_(policy), guide_(visitor, limits) {}

    Result<void> start(const StartTag& tag, std::uint64_t line) override {
        ++depth_;
        if (signature_) return signature_->start(tag);
        if (depth_ == 1) {
            root_.emplace(tag);
            root_line_ = line;
            return Done{};
        }
        if (!writer_) {
            if (!is_ds(tag, "Signature")) {
                return at_line(Errc::signature_missing, line, "the root's first child isn't a ds:Signature");
            }
            signature_.emplace();
            return signature_->start(tag);
        }
        if (depth_ == 2 && is_ds(tag, "Signature")) {
            return at_line(Errc::signature_count, line, "a second ds:Signature in the root");
        }
        return write_start(tag, line);
    }

    Result<void> text(std::string_view text) override {
        if (signature_) return signature_->text(text);
        if (!writer_) {
            if (text.find_first_not_of(" \t\r\n") != std::string_view::npos ||
                text_before_signature_.size() + text.size() > max_text_before_signature) {
                return at_line(Errc::signature_position, root_line_, "text before ds:Signature");
            }
            text_before_signature_ += text;
            return Done{};
        }
        const std::size_t from = out_.size();
        CanonicalWriter::text(text, out_);
        return written(from);
    }

    Result<void> end() override {
        --depth_;
        if (signature_) {
            if (!signature_->end()) return Done{};
            return begin_with(*std::exchange(signature_, std::nullopt));
        }
        if (!writer_) return at_line(Errc::signature_missing, root_line_, "the root has no child");
        const std::size_t from = out_.size();
        writer_->end(out_);
        if (auto taken = written(from); !taken) return taken;
        return guide_.end();
    }

    /// After the root's end: the number of the key, if the digest is the signed one.
    [[nodiscard]] Result<std::size_t> finish() {
        flush();
        if (hashed_octets_ < min_signed_octets || hashed_->finish() != digest_value_) {
            return fail(Errc::signature_invalid, "the document doesn't have the signed digest");
        }
        return key_;
    }

private:
    static constexpr std::size_t flush_octets = 32 * 1024;

    /// The Signature is there: from here on its digest algorithm and its prefixes are known.
    [[nodiscard]] Result<void> begin_with(const SignatureReader& signature) {
        const StartTag root = root_->tag();
        const auto id = std::find_if(root.attributes.begin(), root.attributes.end(), [](const TagAttribute& attribute) {
            return attribute.prefix.empty() && attribute.local == "ID";
        });
        if (id == root.attributes.end()) return at_line(Errc::signature_attribute, root_line_, "the root has no ID");
        const auto document = xml::Document::parse(signature.document());
        if (!document) return document.error();
        auto profile = read_signature(document->root(), xml::collapsed(id->value), policy_);
        if (!profile) return std::move(profile).error();
        const auto key = verify_signed_info(*profile, signature.signed_info(), keys_);
        if (!key) return key.error();

        key_ = *key;
        digest_value_ = std::move(profile->digest_value);
        hashed_.emplace(profile->digest_algorithm);
        writer_.emplace(std::move(profile->inclusive_prefixes));
        if (auto written = write_start(root, root_line_); !written) return written;
        return text(std::exchange(text_before_signature_, {}));
    }

    [[nodiscard]] Result<void> write_start(const StartTag& tag, std::uint64_t line) {
        if (auto asked = guide_.start(tag, line); !asked) return asked;
        const std::size_t from = out_.size();
        writer_->start(tag, out_);
        if (!guide_.begins()) return written(from);
        std::string alone;
        writer_->standalone_start(tag, alone);
        return guide_.take(alone);
    }

    [[nodiscard]] Result<void> written(std::size_t from) {
        if (guide_.keeping()) {
            if (auto taken = guide_.take(std::string_view(out_).substr(from)); !taken) return taken;
        }
        if (out_.size() >= flush_octets) flush();
        return Done{};
    }

    void flush() {
        hashed_octets_ += out_.size();
        hashed_->add(out_);
        out_.clear();
    }

    std::span<const VerificationKey> keys_;
    const AlgorithmPolicy& policy_;
    Guide guide_;
    int depth_ = 0;
    std::optional<KeptTag> root_;
    std::uint64_t root_line_ = 0;
    std::string text_before_signature_;
    std::optional<SignatureReader> signature_;  ///< while inside it
    std::optional<CanonicalWriter> writer_;     ///< from behind the Signature on
    std::optional<DigestStream> hashed_;
    std::uint64_t hashed_octets_ = 0;
    std::string digest_value_;
    std::size_t key_ = 0;
    std::string out_;  ///< canonical octets that are not hashed yet
};

/// PlainEvents writes only the kept elements, each as a document of its own.
class PlainEvents final : public XmlEvents {
public:
    PlainEvents(const StreamLimits& limits, StreamVisitor& visitor) : guide_(visitor, limits) {}

    Result<void> start(const StartTag& tag, std::uint64_t line) override {
        if (auto asked = guide_.start(tag, line); !asked) return asked;
        if (!guide_.keeping()) return Done{};
        if (guide_.begins()) writer_ = CanonicalWriter();
        out_.clear();
        writer_.start(tag, out_);
        return guide_.take(out_);
    }
    Result<void> text(std::string_view text) override {
        if (!guide_.keeping()) return Done{};
        out_.clear();
        CanonicalWriter::text(text, out_);
        return guide_.take(out_);
    }
    Result<void> end() override {
        if (!guide_.keeping()) return guide_.end();
        out_.clear();
        writer_.end(out_);
        if (auto taken = guide_.take(out_); !taken) return taken;
        return guide_.end();
    }

private:
    Guide guide_;
    CanonicalWriter writer_;
    std::string out_;
};

/// The whole canonical form, and where the root's content begins in it.
class WritingEvents final : public XmlEvents {
public:
    Result<void> start(const StartTag& tag, std::uint64_t line) override {
        ++depth_;
        if (depth_ == 2 && is_ds(tag, "Signature")) {
            return at_line(Errc::signature_count, line, "the document is signed already");
        }
        writer_.start(tag, out);
        if (depth_ > 1) return Done{};
        content = out.size();
        for (const TagAttribute& attribute : tag.attributes) {
            if (attribute.prefix.empty() && attribute.local == "ID") id = xml::collapsed(attribute.value);
        }
        return Done{};
    }
    Result<void> text(std::string_view text) override {
        CanonicalWriter::text(text, out);
        return Done{};
    }
    Result<void> end() override {
        --depth_;
        writer_.end(out);
        return Done{};
    }

    std::string out;
    std::size_t content = 0;
    std::string id;

private:
    CanonicalWriter writer_;
    int depth_ = 0;
};

}  // namespace

const std::string* StreamElement::attribute(std::string_view local) const noexcept {
    const xml::Name wanted{{}, local};
    for (const xml::Attribute& attribute : attributes) {
        if (attribute.name == wanted) return &attribute.value;
    }
    return nullptr;
}

Result<StreamVerdict> read_signed_stream(const OctetSource& source, std::span<const VerificationKey> keys,
                                         const AlgorithmPolicy& policy, const StreamLimits& limits,
                                         StreamVisitor& visitor) {
    SignedEvents events(keys, policy, limits, visitor);
    auto read = read_xml_stream(source, limits, events);
    if (!read) return std::move(read).error();
    const auto key = events.finish();
    if (!key) return key.error();
    return StreamVerdict{.sha256 = std::move(read->sha256), .octets = read->octets, .key = *key};
}

Result<StreamVerdict> read_stream(const OctetSource& source, const StreamLimits& limits, StreamVisitor& visitor) {
    PlainEvents events(limits, visitor);
    auto read = read_xml_stream(source, limits, events);
    if (!read) return std::move(read).error();
    return StreamVerdict{.sha256 = std::move(read->sha256), .octets = read->octets};
}

Result<std::string> sign_document(const SigningKey& key, std::string_view document) {
    StreamLimits limits;
    limits.octets = document.size();
    WritingEvents canonical;
    const auto read = read_xml_stream(source_of(document), limits, canonical);
    if (!read) return read.error();
    const auto id = MessageID::parse(canonical.id);
    if (!id) return fail(Errc::signature_attribute, "the root has no ID that a signature could name");
    const std::string_view octets = canonical.out;
    auto sealed = seal(key, key_info_of(key.certificate()), *id, octets.substr(0, canonical.content),
                       octets.substr(canonical.content));
    if (!sealed) return sealed;
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + *sealed;
}

}  // namespace slo::saml
