// Safetensors files: what is written is read, and every broken file is named with its fault.
#include "tern/core/files/safetensors.hpp"

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

TEST_CASE("a file without tensors can be written and read") {
    const File file;
    write_safetensors(file.path, {});
    CHECK(test::read_text(file.path) == with_length("{}      ", ""));
    CHECK(read_safetensors(file.path).tensors.empty());
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
    file.check_error(std::string("\2\0\0\0\0", 5),
                     "is not a safetensors file: it has 5 bytes, fewer than the 8 of the header's length");
    file.check_error(with_length("no json", ""),
                     "is not a safetensors file: its header is not JSON (error at byte 2)");
    file.check_error(with_length("", ""),
                     "is not a safetensors file: its header is not JSON (error at byte 1)");
    file.check_error(with_length("[1]", ""), "is not a safetensors file: its header is not a JSON object");
    file.check_error(with_length("{}x", ""),
                     "is not a safetensors file: its header is not JSON (error at byte 3)");
    file.check_error(with_length("{\"a\":1e999}", ""),
                     "is not a safetensors file: its header has a number beyond float64");
}

TEST_CASE("a file of another kind is told, with what to do") {
    const File file;
    const std::string convert = "; docs/interop.md says how to convert it";
    const auto zip = [](const std::string& name) {
        std::string text = "PK\3\4" + std::string(26, '\0') + name;
        text[26] = static_cast<char>(name.size());
        return text;
    };
    const auto check = [&](const std::string& text, const std::string& kind, const std::string& advice) {
        file.check_error(text, "is " + kind + ", expected a safetensors file" + advice);
    };
    check(zip("archive/data.pkl"), "a PyTorch file", convert);
    check("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.\x80\x02M\xE9", "a PyTorch file",
          convert);
    check("\x80\x02}q", "a Python pickle", convert);
    check("\x89HDF\r\n\x1A\n", "an HDF5 file", convert);
    check(zip("metadata.json"), "a Keras file", convert);
    check("\x93NUMPY\1", "a NumPy file", convert);
    check(zip("a.npy"), "a NumPy archive", convert);
    check("\x08\x07\x12\x07pytorch", "an ONNX file", convert);
    check("GGUF\3", "a GGUF file", convert);
    check("\x1F\x8B\x08", "a gzip archive", "; unpack it and name what is in it");
    check(zip("weights.safetensors"), "a ZIP archive", "; unpack it and name what is in it");
    check("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer, not the file itself",
          "; git lfs pull brings that");
    check("<!DOCTYPE html>\n<title>Not found</title>", "a web page (HTML)", "; download it again");
    check("\x89PNG\r\n\x1A\n", "a PNG image", "");
    check(std::string(3073, '\7'), "a binary batch of CIFAR-10", "");
    check("{\"weight_map\": {}}", "a JSON text", "");
    check("lr = 1e-3\n", "a text", "");
    check("", "empty", "");
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
                     "is not a complete safetensors file: its header would take 2 bytes, but 1 follow");
    file.check_error(
        std::string(8, '\xFF') + "{}",
        "is not a complete safetensors file: its header would take 18446744073709551615 bytes, but 2 follow");
}

TEST_CASE("an entry must be a tensor") {
    const File file;
    const std::string rule = "tensor w must have dtype, shape and data_offsets";
    file.check_entry("3", "", rule);
    file.check_entry(R"({"dtype":"F32","shape":[]})", "", rule);
    file.check_entry(R"({"dtype":"F12","shape":[2],"data_offsets":[0,8]})", kEight,
                     "tensor w has dtype \"F12\", which is none of the format's");
    file.check_entry(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})", kEight,
                     "tensor w has dtype 4, which is none of the format's");
}

TEST_CASE("what the format's own library reads is read") {
    const File file;
    const std::string entry = R"("w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]})";
    const auto check = [&](const std::string& header) {
        INFO(header);
        test::write_text(file.path, with_length(header, kEight));
        const Safetensors read = read_safetensors(file.path);
        REQUIRE(read.tensors.size() == 1);
        CHECK(read.tensors[0].tensor.data<std::uint8_t>()[7] == 1);
        CHECK((read.metadata.empty() && read.passed_over.empty()));
    };
    check("{" + entry + "}");
    check("{" + entry + "} \n\t  ");
    check(" \n{" + entry + "}");
    check("{\"__metadata__\":null," + entry + "}");
    check("{\"__metadata__\":{}," + entry + "}");
    check(R"({"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":{"a":[1]}}})");
    check(R"({"w":{"data_offsets":[0,8],"shape":[8],"dtype":"U8"}})");
}

TEST_CASE("tensors in any order, empty and unaligned ones are read") {
    const File file;
    test::write_text(file.path, with_length(R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},)"
                                            R"("none":{"dtype":"F32","shape":[0,7],"data_offsets":[9,9]},)"
                                            R"("a":{"dtype":"I8","shape":[],"data_offsets":[0,1]}})",
                                            std::string("\xFB\0\0\x80\x3F\0\0\0\xC0", 9)));
    std::map<std::string, Tensor> read;
    for (const auto& [name, tensor] : read_safetensors(file.path).tensors) read.emplace(name, tensor);
    CHECK(read.at("a").item() == -5);
    CHECK(read.at("b").data<float>()[0] == 1);
    CHECK(read.at("b").data<float>()[1] == -2);
    CHECK(read.at("none").shape() == Shape{0, 7});
}

TEST_CASE("tensors of other types of the format are checked and skipped") {
    const File file;
    const std::map<std::string, int> bits{
        {"BOOL", 8},    {"I16", 16},        {"U16", 16},        {"U32", 32},    {"U64", 64},
        {"C64", 64},    {"F8_E5M2", 8},     {"F8_E4M3", 8},     {"F8_E8M0", 8}, {"F6_E2M3", 6},
        {"F6_E3M2", 6}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"F4", 4}};
    for (const auto& [type, size] : bits) {
        INFO(type);
        const auto with_end = [&](int end) {
            return with_length(
                to_text(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"w":{"dtype":")", type,
                        R"(","shape":[2,4],"data_offsets":[1,)", end, "]}}"),
                std::string(static_cast<std::size_t>(end), '\1'));
        };
        test::write_text(file.path, with_end(1 + size));
        const Safetensors read = read_safetensors(file.path);
        CHECK(read.tensors.size() == 1);
        CHECK(read.passed_over == std::map<std::string, std::string>{{"w", "has elements of type " + type}});
        file.check_error(with_end(2 + size),
                         to_text("tensor w has ", size + 1, " bytes, but ", type, " [2,4] takes ", size));
    }
    file.check_entry(R"({"dtype":"F4","shape":[3],"data_offsets":[0,2]})", "12",
                     "tensor w has 12 bits, expected whole bytes");
    test::write_text(file.path, with_length(R"({"w":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,8],)"
                                            R"("data_offsets":[0,8]}})",
                                            kEight));
    const Safetensors read = read_safetensors(file.path);
    CHECK(read.passed_over == std::map<std::string, std::string>{{"w", "has 9 dimensions, more than 8"}});
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
                     "tensor w of shape [4294967296,4294967296] has more than 2^63 bits");
    file.check_entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", kEight,
                     "tensor w has 8 bytes, but F32 [3] takes 12");
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
    file.check_error(with_length(R"({"__metadata__":[]})", ""), "__metadata__ is not an object of strings");
    file.check_error(with_length(R"({"__metadata__":{"k":1}})", ""), "__metadata__ \"k\" is not a string");
    file.check_error(with_length(std::string(100000, '['), ""),
                     "the header is nested more than 16 levels deep");
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
