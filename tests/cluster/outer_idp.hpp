// An IdP that is asked to end its sessions, and misbehaves as it's told to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "history.hpp"
#include "network.hpp"
#include "test_idp.hpp"

namespace slo::test {

enum class IdpManners {
    good,     ///< it ends its session, and signs Success
    hangs,    ///< it reads, and says nothing until it is good again
    drips,    ///< it says an octet now and then
    rubbish,  ///< replies that prove nothing: noise, Success without its signature or to another request, HTTP errors
    hangs_up,
};

/// OuterIdp listens where the machines reach it. It writes its signed answers down before it sends them. It works in a
/// thread of its own.
class OuterIdp {
public:
    /// `address` is the one under which it's reached. `recorder` must outlive it. Throws std::runtime_error if it can't
    /// be made, or can't listen.
    OuterIdp(const std::string& address, Recorder& recorder, std::uint64_t seed);
    ~OuterIdp();
    OuterIdp(const OuterIdp&) = delete;
    OuterIdp& operator=(const OuterIdp&) = delete;

    [[nodiscard]] const examples::TestIdp& idp() const noexcept { return idp_; }
    [[nodiscard]] const std::string& slo_url() const noexcept { return slo_url_; }
    /// Nothing is answered before that.
    void trust(examples::TrustedSp sp);
    void behave(IdpManners manners) noexcept { manners_ = manners; }
    /// The number of requests so far.
    [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

private:
    struct Exchange {
        Descriptor socket;
        std::string text = {};  // the request
        std::string answer = {};
        bool is_read = false;
        bool drips = false;
    };

    void serve(const std::stop_token& stop);
    void take();
    // False: it's over.
    [[nodiscard]] bool read(Exchange& exchange);
    void decide(Exchange& exchange);
    [[nodiscard]] bool write(Exchange& exchange) const;
    [[nodiscard]] std::string good_answer(const std::string& body);
    [[nodiscard]] std::string rubbish(const std::string& body);

    Recorder& recorder_;
    examples::TestIdp idp_;
    examples::TestIdp impostor_;  // its name, and another key
    std::mt19937_64 random_;
    Descriptor listener_;
    std::string slo_url_;
    std::unique_ptr<const examples::TrustedSp> sp_;
    std::atomic<bool> trusts_ = false;
    std::atomic<IdpManners> manners_ = IdpManners::good;
    std::atomic<std::size_t> asked_ = 0;
    std::string earlier_;  // an answer that it has signed
    std::vector<std::unique_ptr<Exchange>> exchanges_;
    std::jthread thread_;
};

}  // namespace slo::test
