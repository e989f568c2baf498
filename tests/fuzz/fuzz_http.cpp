// However its octets are cut, a connection holds the same requests, and never another one than a strict reader of the
// whole sees: what isn't clear is refused. This drives the server's readers as http_connection.hpp does, without
// socket.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "http_body.hpp"
#include "http_head.hpp"
#include "input_buffer.hpp"
#include "random.hpp"
#include "strict_http.hpp"

namespace {

using namespace slo;
using fuzz::StrictRequest;

// Small, so that short inputs reach them.
constexpr std::size_t max_header_octets = 2048;
constexpr std::size_t max_fields = 16;
constexpr std::size_t max_body_octets = 4096;
constexpr std::size_t read_size = 1024;

struct Outcome {
    std::vector<StrictRequest> requests;
    int refusal = 0;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// How many octets arrive at once.
using Cut = std::function<std::size_t()>;

class Connection {
public:
    Connection(std::string_view octets, Cut cut) : octets_(octets), cut_(std::move(cut)) {}

    [[nodiscard]] Outcome serve() {
        while (receive()) {
        }
        return std::move(outcome_);
    }

private:
    bool fill() {
        const auto space = input_.space();
        const auto size = std::min({cut_(), space.size(), octets_.size()});
        std::copy_n(octets_.begin(), size, space.begin());
        octets_.remove_prefix(size);
        input_.received(size);
        return size > 0;
    }

    bool refuse(sp::Refusal refusal) {
        fuzz::require(refusal.status >= 400 && refusal.status < 600);
        outcome_.refusal = refusal.status;
        return false;
    }

    bool receive() {
        if (input_.empty() && !fill()) return false;
        sp::HeadScan scan(max_header_octets);
        sp::HeadScan::State state = scan.scan(input_.unread());
        while (std::holds_alternative<sp::HeadScan::Incomplete>(state)) {
            if (!fill()) return false;
            state = scan.scan(input_.unread());
        }
        if (const auto* refusal = std::get_if<sp::Refusal>(&state)) return refuse(*refusal);
        const auto place = std::get<sp::HeadScan::Complete>(state);
        const std::string octets(input_.unread().substr(place.begin, place.end - place.begin));
        const auto head = sp::read_head(octets, {max_fields, max_body_octets, {}});
        if (const auto* refusal = std::get_if<sp::Refusal>(&head)) return refuse(*refusal);
        input_.consume(place.end);
        const auto target = octets.find(' ') + 1;
        const auto written = std::string_view(octets).substr(target, octets.find(' ', target) - target);
        return receive_body(std::get<sp::RequestHead>(head), std::string(sp::origin_form(written)));
    }

    bool receive_body(const sp::RequestHead& head, std::string target) {
        sp::RequestBody body(head, max_body_octets);
        while (true) {
            const auto taken = body.take(input_.unread());
            if (const auto* refusal = std::get_if<sp::Refusal>(&taken)) return refuse(*refusal);
            input_.consume(std::get<std::size_t>(taken));
            if (body.complete()) break;
            if (!fill()) return false;
        }
        outcome_.requests.push_back({std::move(target), body.release()});
        fuzz::require(outcome_.requests.back().body.size() <= max_body_octets);
        return head.keep_alive;
    }

    std::string_view octets_;
    Cut cut_;
    sp::InputBuffer input_{max_header_octets + read_size};
    Outcome outcome_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    const Outcome whole = Connection(input, [size] { return size; }).serve();
    const Outcome by_octet = Connection(input, [] { return std::size_t{1}; }).serve();
    fuzz::Random random(std::hash<std::string_view>{}(input));
    const Outcome cut = Connection(input, [&] { return 1 + random.below(64); }).serve();
    fuzz::require(whole == by_octet && whole == cut);

    const auto strict = fuzz::strict_requests(input);
    fuzz::require(whole.requests.size() <= strict.size());
    fuzz::require(std::equal(whole.requests.begin(), whole.requests.end(), strict.begin()));
    if (whole.refusal == 0) fuzz::require(whole.requests.size() == strict.size());
    return 0;
}
