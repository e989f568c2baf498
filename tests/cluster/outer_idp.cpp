#include "outer_idp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <utility>
#include <variant>

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* idp_name = "https://idp.example.org/other";

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

examples::TestIdp make_idp() {
    auto idp = examples::TestIdp::make(*saml::EntityID::parse(idp_name), now() - 1h);
    if (!idp) throw std::runtime_error("no keys");
    return *std::move(idp);
}

/// The body, if all of the request is there.
std::optional<std::string> body_of(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    const auto at = text.find("Content-Length: ");
    if (end == std::string::npos || at > end) return std::nullopt;
    std::size_t length = 0;
    std::from_chars(text.data() + at + 16, text.data() + end, length);
    if (text.size() < end + 4 + length) return std::nullopt;
    return text.substr(end + 4, length);
}

std::string http(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: text/xml; charset=utf-8\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

OuterIdp::OuterIdp(const std::string& address, Recorder& recorder, std::uint64_t seed)
    : recorder_(recorder),
      idp_(make_idp()),
      impostor_(make_idp()),
      random_(seed),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    socklen_t size = sizeof place;
    auto* const generic = reinterpret_cast<sockaddr*>(&place);
    if (::inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1 || ::bind(listener_.get(), generic, size) != 0 ||
        ::listen(listener_.get(), 512) != 0 || ::getsockname(listener_.get(), generic, &size) != 0) {
        throw std::runtime_error("the other IdP can't listen");
    }
    slo_url_ = "http://" + address + ":" + std::to_string(ntohs(place.sin_port)) + "/slo";
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

OuterIdp::~OuterIdp() = default;

void OuterIdp::trust(examples::TrustedSp sp) {
    sp_ = std::make_unique<const examples::TrustedSp>(std::move(sp));
    trusts_ = true;
}

void OuterIdp::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::vector<pollfd> polled{{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
        for (const auto& exchange : exchanges_) {
            const bool speaks = !exchange->answer.empty() && !exchange->drips;
            const auto events = static_cast<short>(speaks ? POLLIN | POLLOUT : POLLIN);
            polled.push_back({.fd = exchange->socket.get(), .events = events, .revents = 0});
        }
        constexpr int turn = 50;  // milliseconds: between two drops, and to notice that it is to stop
        if (::poll(polled.data(), polled.size(), turn) < 0) continue;
        std::size_t at = 1;
        const bool is_good = manners_ == IdpManners::good;
        std::erase_if(exchanges_, [&](const auto& exchange) {
            if (is_good && exchange->is_read && exchange->answer.empty()) decide(*exchange);  // late
            const bool is_there = (polled[at++].revents & ~POLLOUT) == 0 || read(*exchange);
            return !is_there || !write(*exchange);
        });
        if (polled[0].revents != 0) take();
    }
}

void OuterIdp::take() {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.is_open()) exchanges_.push_back(std::make_unique<Exchange>(Exchange{.socket = std::move(socket)}));
}

bool OuterIdp::read(Exchange& exchange) {
    std::array<char, 16384> octets{};
    const ssize_t count = ::recv(exchange.socket.get(), octets.data(), octets.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    exchange.text.append(octets.data(), static_cast<std::size_t>(count));
    if (exchange.is_read || !body_of(exchange.text)) return true;
    exchange.is_read = true;
    ++asked_;
    if (manners_ == IdpManners::hangs_up) return false;
    decide(exchange);
    return true;
}

void OuterIdp::decide(Exchange& exchange) {
    const std::string body = *body_of(exchange.text);
    switch (manners_) {
        case IdpManners::good:
            exchange.answer = trusts_ ? good_answer(body) : http("503 Service Unavailable", "");
            return;
        case IdpManners::drips:
            exchange.drips = true;
            exchange.answer = http("200 OK", std::string(10'000, ' '));
            return;
        case IdpManners::rubbish:
            exchange.answer = rubbish(body);
            return;
        case IdpManners::hangs:
        case IdpManners::hangs_up:
            return;
    }
}

bool OuterIdp::write(Exchange& exchange) const {
    if (exchange.answer.empty()) return true;
    const std::size_t most = exchange.drips ? 1 : exchange.answer.size();
    const ssize_t count = ::send(exchange.socket.get(), exchange.answer.data(), most, MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    exchange.answer.erase(0, static_cast<std::size_t>(count));
    return !exchange.answer.empty();
}

std::string OuterIdp::good_answer(const std::string& body) {
    const auto request = sp_->read_request(body, *saml::EndpointUrl::parse(slo_url_), now());
    const auto* const user = request ? std::get_if<saml::NameID>(&request->identifier) : nullptr;
    if (user == nullptr) return http("403 Forbidden", "");
    auto answer = idp_.answer(request->id, {.code = saml::TopLevelStatus::success, .nested = {}, .message = {}}, now());
    if (!answer) return http("500 Internal Server Error", "");
    recorder_.add(IdpWord{.user = user->value, .at = std::chrono::steady_clock::now()});
    earlier_ = http("200 OK", *answer);
    return earlier_;
}

/// None of it proves anything, though all of it says Success, or might.
std::string OuterIdp::rubbish(const std::string& body) {
    constexpr std::size_t kinds = 5;
    const std::size_t kind = random_() % kinds;
    if (kind == 0) return http("200 OK", std::string(random_() % 3000, static_cast<char>('!' + random_() % 90)));
    if (kind == 1) return http("503 Service Unavailable", "");
    if (kind == 2 && !earlier_.empty()) return earlier_;
    const auto request = trusts_ ? sp_->read_request(body, *saml::EndpointUrl::parse(slo_url_), now())
                                 : Result<saml::LogoutRequest>(Failure{});
    if (!request) return http("500 Internal Server Error", "<html>it broke</html>");
    auto answer =
        impostor_.answer(request->id, {.code = saml::TopLevelStatus::success, .nested = {}, .message = {}}, now());
    if (!answer) return http("500 Internal Server Error", "");
    if (kind == 4) answer->resize(answer->size() / 2);
    return http("200 OK", *answer);
}

}  // namespace slo::test
