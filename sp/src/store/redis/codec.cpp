#include "codec.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <new>
#include <utility>

#include "slo/sp/store_error.hpp"

namespace slo::sp::redis {
namespace {

/// The part of the limits that is left for the reply that is being read.
struct Allowance {
    std::size_t octets;
    std::size_t elements;
    bool is_resp2 = true;
};

/// Arrays within arrays. Freeing a reply recurses as deep as it is.
constexpr int deepest = 8;

/// The place for the value of `task`: a new reply, or the next element of its array. An array's elements come one after
/// the other, each with its whole content, so no pointer that hiredis holds is into a vector that grows.
Reply* place_of(const redisReadTask* task) {
    if (task->parent == nullptr) return std::make_unique<Reply>().release();
    return &static_cast<Reply*>(task->parent->obj)->elements.emplace_back();
}

/// hiredis takes a null pointer for "out of memory", and gives up.
template <class Fill>
void* created(const redisReadTask* task, std::size_t octets, Fill fill) noexcept {
    auto* const left = static_cast<Allowance*>(task->privdata);
    left->is_resp2 = redis::is_resp2(*task);
    if (!left->is_resp2) return nullptr;
    if (left->elements == 0 || octets > left->octets) return nullptr;
    --left->elements;
    left->octets -= octets;
    try {
        Reply filled;
        fill(filled);
        Reply* const place = place_of(task);
        *place = std::move(filled);
        return place;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* create_string(const redisReadTask* task, char* text, std::size_t length) {
    return created(task, length, [=](Reply& reply) {
        reply.kind = Reply::Kind::text;
        if (task->type == REDIS_REPLY_STATUS) reply.kind = Reply::Kind::status;
        if (task->type == REDIS_REPLY_ERROR) reply.kind = Reply::Kind::error;
        reply.text.assign(text, length);
    });
}

/// hiredis 0.14 counts in int, 1.x in size_t. An announced size costs nothing: only elements that arrive do.
template <class Count>
void* create_array(const redisReadTask* task, Count count) {
    if (static_cast<std::size_t>(count) > static_cast<Allowance*>(task->privdata)->elements) return nullptr;
    return created(task, 0, [](Reply& reply) { reply.kind = Reply::Kind::array; });
}

void* create_integer(const redisReadTask* task, long long value) {
    return created(task, 0, [value](Reply& reply) {
        reply.kind = Reply::Kind::integer;
        reply.integer = value;
    });
}

void* create_nil(const redisReadTask* task) {
    return created(task, 0, [](Reply&) {});
}

void free_reply(void* reply) {
    const std::unique_ptr<Reply> freed(static_cast<Reply*>(reply));
}

redisReplyObjectFunctions object_functions() noexcept {
    redisReplyObjectFunctions functions{};
    functions.createString = &create_string;
    functions.createArray = &create_array;
    functions.createInteger = &create_integer;
    functions.createNil = &create_nil;
    functions.freeObject = &free_reply;
#if HIREDIS_MAJOR >= 1
    // RESP3 types: no value is made of them.
    functions.createDouble = [](const redisReadTask* task, double, char*, std::size_t) {
        return created(task, 0, [](Reply&) {});
    };
    functions.createBool = [](const redisReadTask* task, int) { return created(task, 0, [](Reply&) {}); };
#endif
    return functions;
}

struct ReaderRelease {
    void operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }
};
struct CommandRelease {
    void operator()(char* command) const noexcept { redisFreeCommand(command); }
};

}  // namespace

bool is_resp2(const redisReadTask& task) noexcept {
    int depth = task.type == REDIS_REPLY_ARRAY ? 1 : 0;
    for (const redisReadTask* outer = task.parent; outer != nullptr && depth <= deepest; outer = outer->parent) {
        ++depth;
    }
    if (depth > deepest) return false;
    switch (task.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_ARRAY:
        case REDIS_REPLY_INTEGER:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR:
            return true;
        default:
            return false;
    }
}

struct ReplyReader::Impl {
    explicit Impl(ReplyLimits wanted)
        : limits(wanted), functions(object_functions()), reader(redisReaderCreateWithFunctions(&functions)) {
        if (!reader) throw std::bad_alloc();
        reader->privdata = &left;
    }

    ReplyLimits limits;
    Allowance left{limits.octets, limits.elements};
    redisReplyObjectFunctions functions;
    std::unique_ptr<redisReader, ReaderRelease> reader;
};

ReplyReader::ReplyReader(ReplyLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view octets) {
    // An error stays in the reader, and next() returns it.
    static_cast<void>(redisReaderFeed(impl_->reader.get(), octets.data(), octets.size()));
}

Result<std::optional<Reply>> ReplyReader::next() {
    auto* const reader = impl_->reader.get();
    void* made = nullptr;
    if (redisReaderGetReply(reader, &made) != REDIS_OK) {
        const bool too_much = reader->err == REDIS_ERR_OOM && impl_->left.is_resp2;
        return fail(StoreErrc::store_failed,
                    too_much ? "its reply exceeds our limits, or our memory" : "its reply isn't the Redis protocol");
    }
    const std::unique_ptr<Reply> reply(static_cast<Reply*>(made));
    if (!reply) {
        if (reader->len - reader->pos > impl_->limits.octets) {
            return fail(StoreErrc::store_failed, "its reply exceeds our limits");
        }
        return std::optional<Reply>();
    }
    impl_->left = {impl_->limits.octets, impl_->limits.elements};
    return std::optional(std::move(*reply));
}

void append_command(std::string& octets, const std::vector<std::string_view>& words) {
    std::vector<const char*> starts(words.size());
    std::vector<std::size_t> lengths(words.size());
    std::ranges::transform(words, starts.begin(), [](std::string_view word) { return word.data(); });
    std::ranges::transform(words, lengths.begin(), [](std::string_view word) { return word.size(); });
    char* made = nullptr;
    const auto length = redisFormatCommandArgv(&made, static_cast<int>(words.size()), starts.data(), lengths.data());
    const std::unique_ptr<char, CommandRelease> command(made);
    if (length < 0) throw std::bad_alloc();
    octets.append(command.get(), static_cast<std::size_t>(length));
}

}  // namespace slo::sp::redis
