// RESP2, read and written by hiredis.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reply.hpp"
#include "slo/saml/result.hpp"

struct redisReadTask;  // hiredis'

namespace slo::sp::redis {

/// is_resp2 says whether the value that hiredis has begun to read is RESP2, and at most 8 arrays deep. 0.14 reads
/// nothing else; 1.x also reads RESP3, for which we never ask, at any depth.
[[nodiscard]] bool is_resp2(const redisReadTask& task) noexcept;

/// ReplyLimits bounds the memory of one reply, whatever its server sends.
struct ReplyLimits {
    std::size_t octets = 64 * 1024 * 1024;
    std::size_t elements = 1'000'000;  ///< in all its arrays together, which are 8 deep at most
};

/// ReplyReader makes replies of a server's octets, however they are cut. After a failure it reads nothing any more.
class ReplyReader {
public:
    explicit ReplyReader(ReplyLimits limits = {});
    ~ReplyReader();
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    void feed(std::string_view octets);
    /// next returns the next reply; std::nullopt while it isn't complete. Errors: StoreErrc::store_failed.
    [[nodiscard]] Result<std::optional<Reply>> next();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// append_command appends a command. Throws std::bad_alloc.
void append_command(std::string& octets, const std::vector<std::string_view>& words);

}  // namespace slo::sp::redis
