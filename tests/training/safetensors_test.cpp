// Safetensors files: what is written is read, and every broken file is named with its fault.
#include "tern/training/safetensors.hpp"

#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

std::string with_length(const std::string& header, const std::string& data) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> (8 * i));
    return text + header + data;
}

struct File {
    test::TemporaryFolder folder;
    std::filesystem::path path = folder / "weights.safetensors";

    void check_error(const std::string& text, const std::string& message) const {
        test::write_text(path, text);
        CHECK_THROWS_WITH(read_safetensors(path), test::at(path) + message);
    }
    // One tensor "w" of this description.
    void check_entry(const std::string& entry, const std::string& data, const std::string& message) const {
        check_error(with_length(to_text("{\"w\":", entry, "}"), data), message);
    }
};

const std::string kEight(8, '\1');

}  // namespace

TEST_CASE("tensors and metadata come back") {
    const File file;
    const Tensor weight = Tensor::from<float>({2, 3}, std::vector<float>{1, -2, 3.5f, 0, -0.0f, 1e-40f});
    const Tensor count = Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{-7});
    const Tensor empty = Tensor::zeros({0, 4}, DType::float64);
    write_safetensors(file.path,
                      {{{"weight", weight}, {"count", count}, {"empty", empty}}, {{"key", "val\"ue"}}});

    const Safetensors read = read_safetensors(file.path);
    CHECK(read.metadata == std::map<std::string, std::string>{{"key", "val\"ue"}});
    REQUIRE(read.tensors.size() == 3);
    for (const auto& [name, tensor] : read.tensors) {
        const Tensor& original = name == "weight" ? weight : name == "count" ? count : empty;
        REQUIRE(tensor.shape() == original.shape());
        REQUIRE(tensor.dtype() == original.dtype());
        CHECK(std::equal(tensor.raw_data(), tensor.raw_data() + tensor.bytes(), original.raw_data()));
    }
}

TEST_CASE("the bytes are those of the format") {
    const File file;
    const Tensor bytes = Tensor::from<std::uint8_t>({3}, std::vector<std::uint8_t>{'a', 'b', 'c'});
    const Tensor wide = Tensor::from<std::int64_t>({1}, std::vector<std::int64_t>{0x4847464544434241});
    write_safetensors(file.path, {{{"b", bytes}, {"w", wide}}, {}});
    // Eight-byte elements first: they stay aligned.
    const std::string header =
        R"({"w":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";
    const std::string padding((8 - header.size() % 8) % 8, ' ');
    CHECK(test::read_text(file.path) == with_length(header + padding, "ABCDEFGHabc"));
}

TEST_CASE("two tensors of one name are not written") {
    const File file;
    const Tensor one = Tensor::zeros({1});
    CHECK_THROWS_WITH(write_safetensors(file.path, {{{"a", one}, {"a", one}}, {}}),
                      test::at(file.path) + "two tensors of the name a");
    CHECK_FALSE(std::filesystem::exists(file.path));
}

TEST_CASE("what a header cannot hold is not written") {
    const File file;
    const Tensor one = Tensor::zeros({1});
    const auto check = [&](const Safetensors& content, const std::string& message) {
        CHECK_THROWS_WITH(write_safetensors(file.path, content), test::at(file.path) + message);
        CHECK_FALSE(std::filesystem::exists(file.path));
    };
    for (const std::string name : {"\xFF", "a\xC3", "\xED\xA0\x80"})
        check({{{name, one}}, {}}, "the name \"" + name + "\" of a tensor is not in UTF-8");
    check({{{"a", one}}, {{"key", "\x80"}}}, "__metadata__ \"key\" is not in UTF-8");
    check({{{"a", one}}, {{"\xC0\x80", ""}}}, "__metadata__ \"\xC0\x80\" is not in UTF-8");
    check({{{"__metadata__", one}}, {}}, "no tensor may have the name __metadata__");
    write_safetensors(file.path, {{{"g\xC3\xBC\"\n", one}}, {{"\xE7\x8C\xAB", "\xF0\x9F\x98\x80"}}});
    const Safetensors read = read_safetensors(file.path);
    CHECK(read.tensors.at(0).name == "g\xC3\xBC\"\n");
    CHECK(read.metadata.at("\xE7\x8C\xAB") == "\xF0\x9F\x98\x80");
}

TEST_CASE("a file that is none is named") {
    const File file;
    CHECK_THROWS_WITH(read_safetensors(file.path), test::at(file.path) + "no such file");
    file.check_error("", "is no safetensors file: it has 0 bytes, fewer than the 8 of the header's length");
    file.check_error("hello",
                     "is no safetensors file: it has 5 bytes, fewer than the 8 of the header's length");
    file.check_error(with_length("no json", ""),
                     "is no safetensors file: its header is no JSON (error at byte 2)");
    file.check_error(with_length("", ""), "is no safetensors file: its header is no JSON (error at byte 1)");
    file.check_error(with_length("[1]", ""), "is no safetensors file: its header is no JSON object");
    file.check_error(with_length("{}x", ""),
                     "is no safetensors file: its header is no JSON (error at byte 3)");
    file.check_error(with_length("{\"a\":1e999}", ""),
                     "is no safetensors file: its header has a number beyond float64");
}

TEST_CASE("a terabyte of nothing is named") {
    const File file;
    test::write_text(file.path, with_length("{}", ""));
    std::filesystem::resize_file(file.path, std::uintmax_t{1} << 40);  // takes no space
    CHECK_THROWS_WITH(read_safetensors(file.path),
                      Catch::StartsWith(test::at(file.path) + "has 1099511627776 bytes, more than the "));
}

TEST_CASE("a header past the end is named") {
    const File file;
    const std::string whole = with_length("{}", "");
    file.check_error(whole.substr(0, 9),
                     "is no whole safetensors file: its header would take 2 bytes, but 1 follow");
    file.check_error(
        std::string(8, '\xFF') + "{}",
        "is no whole safetensors file: its header would take 18446744073709551615 bytes, but 2 follow");
}

TEST_CASE("an entry must be a tensor") {
    const File file;
    const std::string rule = "tensor w must have dtype, shape and data_offsets, nothing else";
    file.check_entry("3", "", rule);
    file.check_entry(R"({"dtype":"F32","shape":[]})", "", rule);
    file.check_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1})", kEight, rule);
    file.check_entry(R"({"dtype":"F12","shape":[2],"data_offsets":[0,8]})", kEight,
                     "tensor w has dtype \"F12\", expected one of F64, F32, F16, BF16, I64, I32, U8");
    file.check_entry(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})", kEight,
                     "tensor w has dtype 4, expected one of F64, F32, F16, BF16, I64, I32, U8");
}

TEST_CASE("shapes are checked before they are used") {
    const File file;
    file.check_entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})", kEight,
                     "tensor w has shape [-2], expected an array of whole numbers");
    file.check_entry(R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,8]})", kEight,
                     "tensor w has shape [1.5], expected an array of whole numbers");
    file.check_entry(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})", kEight,
                     "tensor w has shape 2, expected an array of whole numbers");
    file.check_entry(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]})", kEight,
                     "tensor w has shape [18446744073709551615], expected an array of whole numbers");
    file.check_entry(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})", kEight,
                     "tensor w of shape [4294967296,4294967296] has more than 2^63 bytes");
    file.check_entry(R"({"dtype":"U8","shape":[1,1,1,1,1,1,1,1,8],"data_offsets":[0,8]})", kEight,
                     "tensor w has 9 dimensions, more than 8");
    file.check_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", kEight,
                     "tensor w has 8 bytes, but float32 (3) takes 12");
}

TEST_CASE("offsets are checked before they are used") {
    const File file;
    file.check_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})", kEight,
                     "tensor w has data_offsets [0], expected [begin, end]");
    file.check_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})", kEight,
                     "tensor w has data_offsets [8,0], expected [begin, end]");
    file.check_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[1,9]})", kEight,
                     "tensor w ends at byte 9 of the data, but the file has only 8");
    file.check_entry(
        R"({"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775807]})", kEight,
        "tensor w ends at byte 9223372036854775807 of the data, but the file has only 8");
}

TEST_CASE("overlapping and missing bytes are named") {
    const File file;
    const auto two = [](int begin, int end) {
        return with_length(
            to_text(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8",)",
                    R"("shape":[4],"data_offsets":[)", begin, ',', end, "]}}"),
            std::string(9, '\1'));
    };
    file.check_error(two(3, 7), "tensor b overlaps a: it begins at byte 3 of the data, a ends at 4");
    file.check_error(two(5, 9), "bytes 4 to 5 of the data belong to no tensor");
    file.check_error(two(4, 8), "has 9 bytes of data, but its tensors take 8");
}

TEST_CASE("names and metadata are checked") {
    const File file;
    const std::string entry = R"({"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
    file.check_error(with_length(to_text("{\"a\":", entry, ",\"a\":", entry, "}"), "1234"),
                     "the header names \"a\" twice");
    file.check_error(with_length(R"({"a":{"dtype":"U8","dtype":"U8"}})", ""),
                     "the header names \"dtype\" twice");
    file.check_error(with_length(R"({"__metadata__":[]})", ""), "__metadata__ is no object of strings");
    file.check_error(with_length(R"({"__metadata__":{"k":1}})", ""), "__metadata__ \"k\" is no string");
    file.check_error(with_length(std::string(100000, '['), ""),
                     "the header is nested more than 4 levels deep");
}

TEST_CASE("a file cut at any byte is an error, not a crash") {
    const File file;
    write_safetensors(file.path,
                      {{{"w", Tensor::zeros({3, 2})}, {"n", Tensor::zeros({}, DType::int64)}}, {{"k", "v"}}});
    const std::string whole = test::read_text(file.path);
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        test::write_text(file.path, whole.substr(0, bytes));
        CHECK_THROWS_AS(read_safetensors(file.path), Error);
    }
}
