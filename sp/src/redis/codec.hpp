// RESP2, read and written by hiredis.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/reply.hpp"
#include "slo/saml/result.hpp"

namespace slo::sp::redis {

/// What one reply may cost us, whatever its server says.
struct ReplyLimits {
    std::size_t octets = 64 * 1024 * 1024;
    std::size_t elements = 1'000'000;  ///< in all its arrays together, which are 8 deep at most
};

/// ReplyReader makes replies of what a server sends, however it is cut. After a failure it reads nothing any more.
class ReplyReader {
public:
    explicit ReplyReader(ReplyLimits limits = {});
    ~ReplyReader();
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    void feed(std::string_view octets);
    /// The next reply; none while it isn't complete. Errors: Errc::store_failed.
    [[nodiscard]] Result<std::optional<Reply>> next();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Appends a command. Throws std::bad_alloc.
void append_command(std::string& octets, const std::vector<std::string_view>& words);

}  // namespace slo::sp::redis
