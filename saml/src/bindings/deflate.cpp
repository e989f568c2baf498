#include "deflate.hpp"

#include <zlib.h>

#include <new>

#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

constexpr int raw = -15;  // a window of 2^15 octets, and no header
constexpr int default_memory = 8;

/// Stream is a z_stream with its end; what it reads from must outlive it.
template <int (*End)(z_stream*)>
class Stream {
public:
    explicit Stream(std::string_view in) {
        // zlib never writes there.
        state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        state_.avail_in = static_cast<uInt>(in.size());
    }
    ~Stream() { End(&state_); }  // of one that never began, it does nothing
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    z_stream& operator*() noexcept { return state_; }
    void write_to(std::string& out) {
        state_.next_out = reinterpret_cast<Bytef*>(out.data());
        state_.avail_out = static_cast<uInt>(out.size());
    }

private:
    z_stream state_{};
};

}  // namespace

std::string deflated(std::string_view octets) {
    Stream<deflateEnd> stream(octets);
    if (deflateInit2(&*stream, Z_BEST_COMPRESSION, Z_DEFLATED, raw, default_memory, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
    std::string out(deflateBound(&*stream, static_cast<uLong>(octets.size())), '\0');
    stream.write_to(out);
    if (deflate(&*stream, Z_FINISH) != Z_STREAM_END) throw std::bad_alloc();  // there was room for all of it
    out.resize(out.size() - (*stream).avail_out);
    return out;
}

Result<std::string> inflated(std::string_view octets, std::size_t max_octets) {
    Stream<inflateEnd> stream(octets);
    if (inflateInit2(&*stream, raw) != Z_OK) throw std::bad_alloc();
    std::string out(max_octets + 1, '\0');
    stream.write_to(out);
    const int end = inflate(&*stream, Z_FINISH);
    if (end == Z_MEM_ERROR) throw std::bad_alloc();
    if ((*stream).avail_out == 0) return fail(Errc::message_too_large, "when it's inflated");
    if (end != Z_STREAM_END) return fail(Errc::query_deflate, "not a whole stream of raw DEFLATE");
    if ((*stream).avail_in != 0) return fail(Errc::query_deflate, "octets behind the end of the stream");
    out.resize(out.size() - (*stream).avail_out);
    return out;
}

}  // namespace slo::saml
