// ECDSA on the wire: r and s, each as long as the curve's coordinate (RFC 6931, 2.3.6; IEEE P1363), both from 1 to
// n - 1 (FIPS 186-4, 6.4). One flaw each, on P-256 and on P-384.
#include <openssl/ec.h>
#include <openssl/err.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

#include "forging.hpp"

namespace {

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;

using OwnedGroup = Owned<EC_GROUP, EC_GROUP_free>;
using OwnedPoint = Owned<EC_POINT, EC_POINT_free>;

struct Curve {
    const char* name;
    int nid;
    std::size_t coordinate_octets;
    const EVP_MD* md;
    KeyKind kind;

    [[nodiscard]] OwnedGroup group() const { return made(OwnedGroup(EC_GROUP_new_by_curve_name(nid))); }
    [[nodiscard]] Number order() const { return Number(OwnedBignum(BN_dup(EC_GROUP_get0_order(group().get())))); }
    friend std::ostream& operator<<(std::ostream& out, const Curve& curve) { return out << curve.name; }
};
const std::vector<Curve> curves = {{"P-256", NID_X9_62_prime256v1, 32, EVP_sha256(), KeyKind::ec_p256},
                                   {"P-384", NID_secp384r1, 48, EVP_sha384(), KeyKind::ec_p384}};

const TestKey& key_on(const Curve& curve) {
    static const TestKey p384 = make_key(KeyKind::ec_p384);
    return curve.kind == KeyKind::ec_p384 ? p384 : ec_key();
}

struct Pair {
    Number r;
    Number s;
};

/// Signed by OpenSSL; `digest` is hashed already.
Pair sign_digest(const TestKey& key, std::string_view digest) {
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new(detail::KeyAccess::pkey(key.signing), nullptr)));
    std::string der(256, '\0');
    std::size_t size = der.size();
    must(EVP_PKEY_sign_init(context.get()));
    must(EVP_PKEY_sign(context.get(), octets(der), &size, octets(digest), digest.size()));
    const unsigned char* cursor = octets(std::string_view(der));
    const OwnedEcdsaSig both = made(OwnedEcdsaSig(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size))));
    return {Number(OwnedBignum(BN_dup(ECDSA_SIG_get0_r(both.get())))),
            Number(OwnedBignum(BN_dup(ECDSA_SIG_get0_s(both.get()))))};
}

std::string der_of(const Pair& pair) {
    const OwnedEcdsaSig both = made(OwnedEcdsaSig(ECDSA_SIG_new()));
    must(ECDSA_SIG_set0(both.get(), BN_dup(pair.r.get()), BN_dup(pair.s.get())));  // it owns the copies
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &der);
    const OwnedOpensslMemory owned(der);
    return {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
}

std::string verdict(const Unsigned& message, std::string_view signature, const VerificationKey& key) {
    return rule_of(verify(message.with_signature(signature), {key}, expectations()));
}

/// The parts of a vector: a good signature, and how its curve counts.
struct Given {
    Number r;
    Number s;
    Number n;
    std::size_t octets;  ///< of a coordinate
    std::string good;

    [[nodiscard]] std::string both(const Number& first, const Number& second) const {
        return first.octets_of(octets) + second.octets_of(octets);
    }
};

struct Vector {
    const char* name;
    std::function<std::string(const Given&)> make;
    std::string rule = test::rule(Errc::signature_invalid);
};
std::ostream& operator<<(std::ostream& out, const Vector& vector) {
    return out << vector.name;
}

const Number one(1);
const Number small(5);

const std::vector<Vector> range_vectors = {
    {"as OpenSSL signed it", [](const Given& g) { return g.both(g.r, g.s); }, "accepted"},
    // The holder of (r, s) can write (r, n - s): ECDSA is malleable, and nothing here knows a message by its signature.
    {"n - s", [](const Given& g) { return g.both(g.r, g.n - g.s); }, "accepted"},
    {"n - r", [](const Given& g) { return g.both(g.n - g.r, g.s); }},
    {"both taken from n", [](const Given& g) { return g.both(g.n - g.r, g.n - g.s); }},
    {"r 0", [](const Given& g) { return g.both(Number(0), g.s); }},
    {"s 0", [](const Given& g) { return g.both(g.r, Number(0)); }},
    {"both 0: CVE-2022-21449", [](const Given& g) { return g.both(Number(0), Number(0)); }},
    {"both 1", [](const Given& g) { return g.both(one, one); }},
    {"r 1", [](const Given& g) { return g.both(one, g.s); }},
    {"s 1", [](const Given& g) { return g.both(g.r, one); }},
    {"r 0, s 1", [](const Given& g) { return g.both(Number(0), one); }},
    {"r 1, s 0", [](const Given& g) { return g.both(one, Number(0)); }},
    {"r n", [](const Given& g) { return g.both(g.n, g.s); }},
    {"s n", [](const Given& g) { return g.both(g.r, g.n); }},
    {"both n", [](const Given& g) { return g.both(g.n, g.n); }},
    {"r n, s 1", [](const Given& g) { return g.both(g.n, one); }},
    {"r n - 1", [](const Given& g) { return g.both(g.n - one, g.s); }},
    {"s n - 1", [](const Given& g) { return g.both(g.r, g.n - one); }},
    {"both n - 1", [](const Given& g) { return g.both(g.n - one, g.n - one); }},
    {"r n + 1", [](const Given& g) { return g.both(g.n + one, g.s); }},
    {"s n + 1", [](const Given& g) { return g.both(g.r, g.n + one); }},
    {"r n + 5", [](const Given& g) { return g.both(g.n + small, g.s); }},
    {"s n + 5", [](const Given& g) { return g.both(g.r, g.n + small); }},
    {"the largest numbers", [](const Given& g) { return std::string(2 * g.octets, '\xFF'); }},
    {"r + 1", [](const Given& g) { return g.both((g.r + one).modulo(g.n), g.s); }},
    {"s + 1", [](const Given& g) { return g.both(g.r, (g.s + one).modulo(g.n)); }},
    {"s and r", [](const Given& g) { return g.both(g.s, g.r); }},
    {"r twice", [](const Given& g) { return g.both(g.r, g.r); }},
    {"s inverted", [](const Given& g) { return g.both(g.r, g.s.inverse(g.n)); }},
};

const std::vector<Vector> form_vectors = {
    {"DER",
     [](const Given& g) {
         return der_of({g.r, g.s});
     }},
    {"DER cut to length",
     [](const Given& g) {
         return der_of({g.r, g.s}).substr(0, 2 * g.octets);
     }},
    {"an octet short", [](const Given& g) { return g.good.substr(0, g.good.size() - 1); }},
    {"an octet short in front", [](const Given& g) { return g.good.substr(1); }},
    {"an octet long", [](const Given& g) { return g.good + '\0'; }},
    {"an octet long in front", [](const Given& g) { return '\0' + g.good; }},
    {"two octets short", [](const Given& g) { return g.good.substr(1, g.good.size() - 2); }},
    {"leading zeros for each",
     [](const Given& g) { return g.r.octets_of(g.octets + 1) + g.s.octets_of(g.octets + 1); }},
    {"leading zeros as for P-521", [](const Given& g) { return g.r.octets_of(66) + g.s.octets_of(66); }},
    {"r + n an octet longer",
     [](const Given& g) { return (g.r + g.n).octets_of(g.octets + 1) + g.s.octets_of(g.octets + 1); }},
    {"s + n an octet longer",
     [](const Given& g) { return g.r.octets_of(g.octets + 1) + (g.s + g.n).octets_of(g.octets + 1); }},
    {"r alone", [](const Given& g) { return g.r.octets_of(g.octets); }},
    {"r alone, as long as both", [](const Given& g) { return g.r.octets_of(2 * g.octets); }},
    {"twice", [](const Given& g) { return g.good + g.good; }},
    {"one octet", [](const Given&) { return std::string(1, '\x01'); }},
    {"no octets", [](const Given&) { return std::string(); }, rule(Errc::signature_structure)},
};

void expect_verdict_on_every_curve(const Vector& vector) {
    for (const Curve& curve : curves) {
        BOOST_TEST_CONTEXT(curve) {
            const TestKey& key = key_on(curve);
            const Unsigned message(logout_request(), key.signing);
            const Pair pair = sign_digest(key, hash(curve.md, message.signed_info));
            Given given{pair.r, pair.s, curve.order(), curve.coordinate_octets, {}};
            given.good = given.both(pair.r, pair.s);
            BOOST_TEST(verdict(message, vector.make(given), key.verification) == vector.rule);
            BOOST_TEST(ERR_peek_error() == 0U);
        }
    }
}

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(ecdsa_signature_vectors)

BOOST_DATA_TEST_CASE(numbers, data::make(range_vectors), vector) {
    expect_verdict_on_every_curve(vector);
}
BOOST_DATA_TEST_CASE(forms, data::make(form_vectors), vector) {
    expect_verdict_on_every_curve(vector);
}

BOOST_AUTO_TEST_CASE(a_signature_on_another_curve_is_refused) {
    const Curve& p256 = curves[0];
    const Curve& p384 = curves[1];
    const Unsigned message(logout_request(), key_on(p256).signing);
    const Pair pair = sign_digest(key_on(p384), hash(p256.md, message.signed_info));
    const std::string signature = pair.r.octets_of(48) + pair.s.octets_of(48);
    BOOST_TEST(verdict(message, signature, key_on(p384).verification) == "accepted");
    BOOST_TEST(verdict(message, signature, key_on(p256).verification) == rule(Errc::signature_invalid));
}

// FIPS 186-4, 6.4: the leftmost bits of a longer digest, and all of a shorter one.
BOOST_AUTO_TEST_CASE(the_named_digest_is_used_whole) {
    const TestKey& key = key_on(curves[0]);
    const auto signed_over = [&](const Unsigned& message, std::string_view digest) {
        const Pair pair = sign_digest(key, digest);
        return verdict(message, pair.r.octets_of(32) + pair.s.octets_of(32), key.verification);
    };
    const Unsigned message(logout_request(), key.signing);
    const std::string digest = hash(EVP_sha256(), message.signed_info);
    BOOST_TEST(signed_over(message, digest) == "accepted");
    for (const std::string& other :
         {digest.substr(0, 31), digest.substr(0, 16), digest.substr(1), '\0' + digest.substr(0, 31),
          digest.substr(0, 31) + '\0', hash(EVP_sha1(), message.signed_info), hash(EVP_sha384(), message.signed_info),
          hash(EVP_sha256(), digest)}) {
        BOOST_TEST(signed_over(message, other) == rule(Errc::signature_invalid));
    }
    const Unsigned with_sha512(logout_request(), key.signing.using_algorithm(SignatureAlgorithm::ecdsa_sha512).value());
    const std::string longer = hash(EVP_sha512(), with_sha512.signed_info);
    BOOST_TEST(signed_over(with_sha512, longer) == "accepted");
    BOOST_TEST(signed_over(with_sha512, longer.substr(0, 32)) == "accepted");
    BOOST_TEST(signed_over(with_sha512, longer.substr(32)) == rule(Errc::signature_invalid));
    BOOST_TEST(signed_over(with_sha512, hash(EVP_sha256(), with_sha512.signed_info)) == rule(Errc::signature_invalid));
}

/// The public key under which (R's x, s) signs `digest`: Q = (sR - eG) / r. R is the first point from `x` upwards.
struct Recovered {
    Number x;
    VerificationKey key;

    static Recovered from(const Curve& curve, Number x, const Number& s, std::string_view digest) {
        const OwnedGroup group = curve.group();
        const OwnedPoint point = made(OwnedPoint(EC_POINT_new(group.get())));
        while (EC_POINT_set_compressed_coordinates(group.get(), point.get(), x.get(), 0, Number::context()) != 1) {
            x = x + one;
        }
        ERR_clear_error();  // of the x that no point has
        const Number n = curve.order();
        const Number r_inverse = x.modulo(n).inverse(n);
        const Number of_point = (s * r_inverse).modulo(n);
        const Number of_generator = (n - (Number::from_octets(digest) * r_inverse).modulo(n)).modulo(n);
        const OwnedPoint q = made(OwnedPoint(EC_POINT_new(group.get())));
        must(EC_POINT_mul(group.get(), q.get(), of_generator.get(), point.get(), of_point.get(), Number::context()));
        return {x, verification_key(curve, group.get(), q.get())};
    }

private:
    static VerificationKey verification_key(const Curve& curve, const EC_GROUP* group, const EC_POINT* q) {
        std::string point(2 * curve.coordinate_octets + 1, '\0');
        if (EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, octets(point), point.size(),
                               Number::context()) != point.size()) {
            throw std::logic_error("the point has another length");
        }
        const OwnedParamBuild build = made(OwnedParamBuild(OSSL_PARAM_BLD_new()));
        must(OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name, 0));
        must(OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()));
        const OwnedParams params = made(OwnedParams(OSSL_PARAM_BLD_to_param(build.get())));
        const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)));
        EVP_PKEY* key = nullptr;
        must(EVP_PKEY_fromdata_init(context.get()));
        must(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()));
        const OwnedPkey owned(key);
        return VerificationKey::from(Certificate::parse(certificate_pem_for(key)).value()).value();
    }
};

// r is so small that r + n has no more octets: a verifier that reduces before it compares would take both.
BOOST_DATA_TEST_CASE(r_plus_n_is_refused_where_it_fits, data::make(curves), curve) {
    const Unsigned message(logout_request(), key_on(curve).signing);
    const Number s = curve.order() - Number(12345);
    const auto recovered = Recovered::from(curve, small, s, hash(curve.md, message.signed_info));
    const std::string tail = s.octets_of(curve.coordinate_octets);
    const auto with_r = [&](const Number& r) {
        return verdict(message, r.octets_of(curve.coordinate_octets) + tail, recovered.key);
    };
    BOOST_TEST(with_r(recovered.x) == "accepted");
    BOOST_TEST(with_r(recovered.x + curve.order()) == rule(Errc::signature_invalid));
}

BOOST_DATA_TEST_CASE(s_plus_n_is_refused_where_it_fits, data::make(curves), curve) {
    const Unsigned message(logout_request(), key_on(curve).signing);
    const auto recovered = Recovered::from(curve, Number(987654321), small, hash(curve.md, message.signed_info));
    const std::string r = recovered.x.octets_of(curve.coordinate_octets);
    const auto with_s = [&](const Number& s) {
        return verdict(message, r + s.octets_of(curve.coordinate_octets), recovered.key);
    };
    BOOST_TEST(with_s(small) == "accepted");
    BOOST_TEST(with_s(small + curve.order()) == rule(Errc::signature_invalid));
}

// R's x may lie between n and p: r is what is left modulo n, and x itself is out of range.
BOOST_DATA_TEST_CASE(an_x_above_n_counts_modulo_n, data::make(curves), curve) {
    const Unsigned message(logout_request(), key_on(curve).signing);
    const Number n = curve.order();
    const Number s(424242);
    const auto recovered = Recovered::from(curve, n + one, s, hash(curve.md, message.signed_info));
    const std::string tail = s.octets_of(curve.coordinate_octets);
    const auto with_r = [&](const Number& r) {
        return verdict(message, r.octets_of(curve.coordinate_octets) + tail, recovered.key);
    };
    BOOST_TEST(with_r(recovered.x.modulo(n)) == "accepted");
    BOOST_TEST(with_r(recovered.x) == rule(Errc::signature_invalid));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
