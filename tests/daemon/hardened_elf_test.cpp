// The hardened preset's promise, read off the saml-slod program: what the compiler and the linker left in the file.
#include <elf.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// ElfFile is a 64-bit ELF file of this machine's byte order, as elf(5) describes it.
class ElfFile {
public:
    ElfFile() {
        std::ifstream stream(SLO_DAEMON, std::ios::binary);
        octets_.assign(std::istreambuf_iterator<char>(stream), {});
        header_ = at<Elf64_Ehdr>(0);
        BOOST_REQUIRE(std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0);
        BOOST_REQUIRE(header_.e_ident[EI_CLASS] == ELFCLASS64);
    }

    [[nodiscard]] Elf64_Half type() const noexcept { return header_.e_type; }

    [[nodiscard]] std::vector<Elf64_Phdr> segments() const {
        return table<Elf64_Phdr>(header_.e_phoff, header_.e_phnum);
    }
    [[nodiscard]] std::optional<Elf64_Phdr> segment(Elf64_Word type) const {
        for (const Elf64_Phdr& segment : segments()) {
            if (segment.p_type == type) return segment;
        }
        return std::nullopt;
    }
    /// The value of an entry of the dynamic section.
    [[nodiscard]] std::optional<Elf64_Xword> dynamic(Elf64_Sxword tag) const {
        const auto where = segment(PT_DYNAMIC);
        BOOST_REQUIRE(where.has_value());
        for (const auto& entry : table<Elf64_Dyn>(where->p_offset, where->p_filesz / sizeof(Elf64_Dyn))) {
            if (entry.d_tag == tag) return entry.d_un.d_val;
        }
        return std::nullopt;
    }

    struct Symbol {
        std::string name;
        Elf64_Sym entry;
    };
    /// Of the table of kind SHT_DYNSYM (for the dynamic linker) or SHT_SYMTAB (for debuggers).
    [[nodiscard]] std::vector<Symbol> symbols(Elf64_Word kind) const {
        const auto sections = table<Elf64_Shdr>(header_.e_shoff, header_.e_shnum);
        std::vector<Symbol> symbols;
        for (const Elf64_Shdr& section : sections) {
            if (section.sh_type != kind) continue;
            const std::size_t names = sections.at(section.sh_link).sh_offset;
            for (const auto& entry : table<Elf64_Sym>(section.sh_offset, section.sh_size / sizeof(Elf64_Sym))) {
                symbols.push_back({octets_.c_str() + names + entry.st_name, entry});
            }
        }
        BOOST_REQUIRE(!symbols.empty());
        return symbols;
    }
    /// Names of functions that other libraries supply.
    [[nodiscard]] std::vector<std::string> imports() const {
        std::vector<std::string> names;
        for (const Symbol& symbol : symbols(SHT_DYNSYM)) {
            if (symbol.entry.st_shndx == SHN_UNDEF) names.push_back(symbol.name);
        }
        return names;
    }
    /// `count` octets of the program's memory image.
    [[nodiscard]] std::string_view image(Elf64_Addr address, std::size_t count) const {
        for (const Elf64_Phdr& segment : segments()) {
            if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
            if (address - segment.p_vaddr + count > segment.p_filesz) continue;
            return std::string_view(octets_).substr(segment.p_offset + (address - segment.p_vaddr), count);
        }
        return {};
    }

private:
    template <class T>
    [[nodiscard]] T at(std::size_t offset) const {
        T value{};
        BOOST_REQUIRE(offset + sizeof value <= octets_.size());
        std::memcpy(&value, octets_.data() + offset, sizeof value);
        return value;
    }
    template <class T>
    [[nodiscard]] std::vector<T> table(std::size_t offset, std::size_t count) const {
        std::vector<T> entries;
        for (std::size_t i = 0; i < count; ++i) entries.push_back(at<T>(offset + i * sizeof(T)));
        return entries;
    }

    std::string octets_;
    Elf64_Ehdr header_{};
};

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hardened_elf, ElfFile)

BOOST_AUTO_TEST_CASE(is_loaded_anywhere) {
    BOOST_TEST(type() == ET_DYN);
    BOOST_TEST((dynamic(DT_FLAGS_1).value_or(0) & DF_1_PIE) != 0U);
}

BOOST_AUTO_TEST_CASE(its_tables_of_functions_are_complete_before_it_starts) {
    BOOST_TEST((dynamic(DT_FLAGS_1).value_or(0) & DF_1_NOW) != 0U);
}

BOOST_AUTO_TEST_CASE(its_tables_of_functions_are_read_only_from_then_on) {
    BOOST_TEST(segment(PT_GNU_RELRO).has_value());
}

BOOST_AUTO_TEST_CASE(its_stack_holds_no_code) {
    const auto stack = segment(PT_GNU_STACK);
    BOOST_REQUIRE(stack.has_value());
    BOOST_TEST((stack->p_flags & PF_X) == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_is_both_writable_and_code) {
    for (const Elf64_Phdr& segment : segments()) {
        if (segment.p_type == PT_LOAD) BOOST_TEST((segment.p_flags & (PF_W | PF_X)) != (PF_W | PF_X));
    }
}

BOOST_AUTO_TEST_CASE(code_shares_no_page_with_data) {
    constexpr Elf64_Xword page = 4096;
    for (const Elf64_Phdr& code : segments()) {
        if (code.p_type != PT_LOAD || (code.p_flags & PF_X) == 0) continue;
        BOOST_TEST(code.p_offset % page == 0U);
        for (const Elf64_Phdr& other : segments()) {
            if (other.p_type != PT_LOAD || other.p_offset <= code.p_offset) continue;
            BOOST_TEST(other.p_offset / page > (code.p_offset + code.p_filesz - 1) / page);
        }
    }
}

BOOST_AUTO_TEST_CASE(finds_libraries_in_the_system_s_folders_only) {
    BOOST_TEST(!dynamic(DT_RPATH).has_value());
    BOOST_TEST(!dynamic(DT_RUNPATH).has_value());
}

BOOST_AUTO_TEST_CASE(notices_an_overrun_stack) {
    BOOST_TEST(has(imports(), "__stack_chk_fail"));
}

BOOST_AUTO_TEST_CASE(has_the_c_library_check_lengths) {
    const auto names = imports();
    BOOST_TEST(std::any_of(names.begin(), names.end(),
                           [](const std::string& name) { return name.starts_with("__") && name.ends_with("_chk"); }));
}

BOOST_AUTO_TEST_CASE(has_the_cpp_library_check_indexes) {
    BOOST_TEST(has(imports(), "_ZSt21__glibcxx_assert_failPKciS0_S0_"));
}

// g++ emits the landing marks of Intel CET, which processors without it skip. The note that would have the kernel
// insist on them is lost at link time: Debian's start files don't carry it.
#ifdef __x86_64__
BOOST_AUTO_TEST_CASE(functions_called_through_pointers_begin_with_a_landing_mark) {
    constexpr std::string_view endbr64 = "\xf3\x0f\x1e\xfa";
    std::size_t seen = 0;
    for (const Symbol& symbol : symbols(SHT_SYMTAB)) {
        // main, and a virtual function of ours.
        if (symbol.name != "main" && !symbol.name.starts_with("_ZN3slo6daemon13LocalSessions6handle")) continue;
        if (symbol.name.find(".cold") != std::string::npos) continue;
        ++seen;
        BOOST_TEST((image(symbol.entry.st_value, endbr64.size()) == endbr64), symbol.name);
    }
    BOOST_TEST(seen == 2U);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
