#include "xml_stream.hpp"

#include <libxml/SAX2.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <optional>
#include <vector>

#include "c_errors.hpp"
#include "digest.hpp"
#include "owned.hpp"
#include "runtime_init.hpp"
#include "slo/saml/error.hpp"
#include "tag_guard.hpp"
#include "utf8.hpp"
#include "xml_octets.hpp"

namespace slo::saml {
namespace {

std::string_view view(const xmlChar* chars) noexcept {
    return chars == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(chars));
}

/// Without a DTD and without entity substitution, libxml2 returns '&' in attribute values as "&#38;", and nothing
/// else is left to replace.
std::string unescaped(std::string_view value) {
    constexpr std::string_view ampersand = "&#38;";
    std::string plain;
    plain.reserve(value.size());
    while (!value.empty()) {
        const std::size_t at = std::min(value.find('&'), value.size());
        plain += value.substr(0, at);
        value.remove_prefix(at);
        if (value.empty()) break;
        plain += '&';
        value.remove_prefix(value.starts_with(ampersand) ? ampersand.size() : 1);
    }
    return plain;
}

/// Parser is libxml2's push parser with callbacks of our own. libxml2 reports a stopped parse as success (2.9.14), so
/// the verdict is ours: `failure_`, once set, stays.
class Parser {
public:
    Parser(const StreamLimits& limits, XmlEvents& events) : limits_(limits), events_(events) {
        xmlSAXHandler handler{};
        handler.initialized = XML_SAX2_MAGIC;
        handler.internalSubset = on_doctype;
        handler.externalSubset = on_doctype;
        handler.entityDecl = on_entity;
        handler.processingInstruction = on_processing_instruction;
        handler.startElementNs = on_start;
        handler.endElementNs = on_end;
        handler.characters = on_text;
        handler.ignorableWhitespace = on_text;
        handler.serror = on_error;
        context_.reset(xmlCreatePushParserCtxt(&handler, this, nullptr, 0, nullptr));
        // As for xml::Document: never NOENT, DTDLOAD, DTDATTR, DTDVALID, XINCLUDE, HUGE or RECOVER.
        constexpr int options =
            XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC;
        if (!context_ || xmlCtxtUseOptions(context_.get(), options) != 0) out_of_memory_ = true;
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    [[nodiscard]] Result<void> feed(std::string_view octets) { return parse(octets, /*last=*/0); }
    [[nodiscard]] Result<void> finish() {
        if (auto parsed = parse({}, /*last=*/1); !parsed) return parsed;
        const bool clean = context_->wellFormed == 1 && context_->nsWellFormed == 1 && context_->errNo == XML_ERR_OK &&
                           view(context_->version) == "1.0" && elements_ > 0;
        if (!clean) return fail(Errc::xml_malformed, where());
        return Done{};
    }

private:
    static constexpr int xmlns_parts = 2;      // prefix, URI
    static constexpr int attribute_parts = 5;  // local name, prefix, URI, value's first octet, value's end

    [[nodiscard]] Result<void> parse(std::string_view octets, int last) {
        if (out_of_memory_) throw std::bad_alloc();
        const int code = xmlParseChunk(context_.get(), octets.data(), static_cast<int>(octets.size()), last);
        if (thrown_) std::rethrow_exception(thrown_);
        if (failure_) return *failure_;
        if (out_of_memory_) throw std::bad_alloc();
        if (code != XML_ERR_OK) return fail(Errc::xml_malformed, where());
        return Done{};
    }

    [[nodiscard]] std::uint64_t line() const noexcept {
        return context_->input == nullptr ? 0 : static_cast<std::uint64_t>(context_->input->line);
    }
    /// Where the start tag that has just been read begins.
    [[nodiscard]] std::uint64_t line_of_start() const noexcept {
        if (context_->input == nullptr) return 0;
        const xmlParserInput& input = *context_->input;
        return xml::line_of_tag(
            {reinterpret_cast<const char*>(input.base), static_cast<std::size_t>(input.cur - input.base)}, line());
    }
    [[nodiscard]] std::string where() const { return "line " + std::to_string(line()); }

    void refuse(Failure failure) {
        if (!failure_) failure_ = std::move(failure);
        xmlStopParser(context_.get());
    }

    /// Runs one callback's work: no exception passes through libxml2, and nothing runs after a refusal.
    template <class Work>
    static void guarded(void* self, Work work) noexcept {
        auto& parser = *static_cast<Parser*>(self);
        if (parser.failure_ || parser.thrown_) return;
        try {
            Result<void> done = work(parser);
            if (!done) parser.refuse(std::move(done).error());
        } catch (...) {
            parser.thrown_ = std::current_exception();
            xmlStopParser(parser.context_.get());
        }
    }

    static void on_doctype(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
        guarded(self, [](Parser& p) -> Result<void> { return fail(Errc::xml_doctype, p.where()); });
    }
    // NOLINTNEXTLINE(readability-function-size): libxml2's signature
    static void on_entity(void* self, const xmlChar*, int, const xmlChar*, const xmlChar*, xmlChar*) {
        guarded(self, [](Parser& p) -> Result<void> { return fail(Errc::xml_doctype, p.where()); });
    }
    static void on_processing_instruction(void* self, const xmlChar*, const xmlChar*) {
        guarded(self, [](Parser& p) -> Result<void> { return fail(Errc::xml_processing_instruction, p.where()); });
    }
    // NOLINTNEXTLINE(readability-function-size): libxml2's signature
    static void on_start(void* self, const xmlChar* local, const xmlChar* prefix, const xmlChar* uri, int namespaces,
                         const xmlChar** pairs, int attributes, int /*defaulted*/, const xmlChar** parts) {
        guarded(self, [&](Parser& p) {
            return p.start(
                {.prefix = view(prefix), .local = view(local), .uri = view(uri), .declared = {}, .attributes = {}},
                std::span(pairs, static_cast<std::size_t>(namespaces * xmlns_parts)),
                std::span(parts, static_cast<std::size_t>(attributes * attribute_parts)));
        });
    }
    static void on_end(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
        guarded(self, [](Parser& p) {
            --p.depth_;
            return p.events_.end();
        });
    }
    static void on_text(void* self, const xmlChar* text, int length) {
        guarded(self, [&](Parser& p) {
            return p.events_.text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
        });
    }
    // libxml2 goes on if there was no memory for an attribute or a namespace, and calls the rest well-formed.
    static void on_error(void* self, xmlErrorPtr error) {
        if (error->code == XML_ERR_NO_MEMORY) static_cast<Parser*>(self)->out_of_memory_ = true;
    }

    [[nodiscard]] Result<void> start(StartTag tag, std::span<const xmlChar*> pairs, std::span<const xmlChar*> parts) {
        ++elements_;
        ++depth_;
        const auto over = [](std::size_t count, int limit) { return count > static_cast<std::size_t>(limit); };
        if (elements_ > limits_.elements || depth_ > limits_.depth ||
            over(pairs.size() / xmlns_parts, limits_.namespaces_per_element) ||
            over(parts.size() / attribute_parts, limits_.attributes_per_element)) {
            return fail(Errc::xml_limits, where());
        }
        declared_.clear();
        for (std::size_t i = 0; i < pairs.size(); i += xmlns_parts) {
            declared_.push_back({.prefix = view(pairs[i]), .uri = view(pairs[i + 1])});
            if (!xml::canonicalises(declared_.back().uri)) return fail(Errc::xml_malformed, where());
        }
        attributes_.clear();
        plain_values_.clear();
        plain_values_.reserve(parts.size() / attribute_parts);  // views into it stay
        for (std::size_t i = 0; i < parts.size(); i += attribute_parts) attributes_.push_back(attribute(&parts[i]));
        tag.declared = declared_;
        tag.attributes = attributes_;
        return events_.start(tag, line_of_start());
    }

    [[nodiscard]] TagAttribute attribute(const xmlChar* const* part) {
        std::string_view value(reinterpret_cast<const char*>(part[3]), static_cast<std::size_t>(part[4] - part[3]));
        if (value.find('&') != std::string_view::npos) value = plain_values_.emplace_back(unescaped(value));
        return {.prefix = view(part[1]), .local = view(part[0]), .uri = view(part[2]), .value = value};
    }

    const StreamLimits& limits_;
    XmlEvents& events_;
    OwnedXmlParserCtxt context_;
    std::uint64_t elements_ = 0;
    int depth_ = 0;
    std::optional<Failure> failure_;
    std::exception_ptr thrown_;
    bool out_of_memory_ = false;
    // Of the current start tag; members only so that their memory is used again.
    std::vector<NamespaceBinding> declared_;
    std::vector<TagAttribute> attributes_;
    std::vector<std::string> plain_values_;
};

/// Octets is the source, judged as it arrives: length, encoding, size of tags. It never splits a character.
class Octets {
public:
    Octets(const OctetSource& source, const StreamLimits& limits)
        : source_(source), limits_(limits), tags_(limits.tag_octets), buffer_(buffer_octets) {}

    /// The next octets; empty at the end. They hold until the next call.
    [[nodiscard]] Result<std::string_view> next() {
        std::copy(rest_.begin(), rest_.end(), buffer_.begin());
        std::size_t filled = rest_.size();
        // A declaration has to be seen whole, and so the first piece is filled as far as it goes.
        const std::size_t enough = read_.octets == 0 ? buffer_.size() : filled + 1;
        bool ended = false;
        while (filled < enough && !ended) {
            const auto more = source_(std::span(buffer_).subspan(filled));
            if (!more) return more.error();
            ended = *more == 0;
            read_.octets += *more;
            if (read_.octets > limits_.octets) return fail(Errc::message_too_large);
            sha256_.add({buffer_.data() + filled, *more});
            filled += *more;
        }
        std::string_view octets(buffer_.data(), filled);
        if (first_) octets = without_byte_order_mark(octets);
        if (first_ && (octets.starts_with(xml::byte_order_mark) || xml::declares_another_encoding(octets))) {
            return fail(Errc::xml_encoding);
        }
        first_ = false;
        const std::size_t whole = ended ? octets.size() : octets.size() - unfinished_character(octets);
        rest_.assign(octets.substr(whole));
        octets = octets.substr(0, whole);
        if (octets.find('\0') != std::string_view::npos || !utf8_length(octets)) return fail(Errc::xml_encoding);
        if (!tags_.pass(octets)) return fail(Errc::xml_limits, "a tag that is too long");
        const bool has_lines_to_mend = after_carriage_return_ || octets.find('\r') != std::string_view::npos;
        if (has_lines_to_mend) octets = with_line_feeds(octets);
        if (octets.empty() && !ended) return next();
        return octets;
    }

    [[nodiscard]] OctetsRead finish() {
        read_.sha256 = to_hex(sha256_.finish());
        if (read_.sha256.empty()) throw std::bad_alloc();  // an empty fingerprint would equal another one
        return read_;
    }

private:
    static constexpr std::size_t buffer_octets = 64 * 1024;

    [[nodiscard]] static std::string_view without_byte_order_mark(std::string_view octets) noexcept {
        if (octets.starts_with(xml::byte_order_mark)) octets.remove_prefix(xml::byte_order_mark.size());
        return octets;
    }

    /// XML 1.0, section 2.11: before anything else, "\r\n" and "\r" are "\n". libxml2 does it itself, but for CDATA
    /// sections that are pushed (2.9.14).
    [[nodiscard]] std::string_view with_line_feeds(std::string_view octets) {
        mended_.clear();
        for (const char c : octets) {
            const bool is_second_half = c == '\n' && after_carriage_return_;
            after_carriage_return_ = c == '\r';
            if (!is_second_half) mended_ += c == '\r' ? '\n' : c;
        }
        return mended_;
    }

    /// How many octets at the end may be the beginning of a character.
    [[nodiscard]] static std::size_t unfinished_character(std::string_view octets) noexcept {
        for (std::size_t back = 1; back <= 3 && back <= octets.size(); ++back) {
            const auto octet = static_cast<unsigned char>(octets[octets.size() - back]);
            if (octet < 0x80) return 0;
            if (octet < 0xC0) continue;
            const std::size_t length = octet < 0xE0 ? 2 : octet < 0xF0 ? 3 : 4;
            return back < length ? back : 0;
        }
        return 0;
    }

    const OctetSource& source_;
    const StreamLimits& limits_;
    TagGuard tags_;
    DigestStream sha256_{DigestAlgorithm::sha256};
    std::vector<char> buffer_;
    std::string rest_;
    std::string mended_;
    bool after_carriage_return_ = false;
    bool first_ = true;
    OctetsRead read_;
};

}  // namespace

Result<OctetsRead> read_xml_stream(const OctetSource& source, const StreamLimits& limits, XmlEvents& events) {
    ensure_runtime();
    const CErrorScope quiet;
    Octets octets(source, limits);
    Parser parser(limits, events);
    while (true) {
        const auto piece = octets.next();
        if (!piece) return piece.error();
        if (piece->empty()) break;
        if (auto parsed = parser.feed(*piece); !parsed) return std::move(parsed).error();
    }
    if (auto finished = parser.finish(); !finished) return std::move(finished).error();
    return octets.finish();
}

OctetSource source_of(std::string_view octets) {
    return [octets](std::span<char> buffer) mutable -> Result<std::size_t> {
        const std::size_t count = std::min(buffer.size(), octets.size());
        std::copy_n(octets.begin(), count, buffer.begin());
        octets.remove_prefix(count);
        return count;
    };
}

}  // namespace slo::saml
