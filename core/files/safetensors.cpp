#include "tern/core/files/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "tern/core/files/file.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/core/files/mapped_file.hpp"
#include "tern/core/files/output.hpp"
#include "tern/core/files/utf8.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kMetadata = "__metadata__";
constexpr std::int64_t kLengthBytes = 8;
constexpr std::int64_t kLargestHeader = 100'000'000;  // of the format's own library

struct Type {
    const char* name;
    std::int64_t bits;
    std::optional<DType> dtype = {};  // none: skipped
};

constexpr std::array kTypes{Type{"F64", 64, DType::float64},
                            Type{"F32", 32, DType::float32},
                            Type{"F16", 16, DType::float16},
                            Type{"BF16", 16, DType::bfloat16},
                            Type{"I64", 64, DType::int64},
                            Type{"I32", 32, DType::int32},
                            Type{"U8", 8, DType::uint8},
                            Type{"I8", 8, DType::int8},
                            Type{"BOOL", 8},
                            Type{"I16", 16},
                            Type{"U16", 16},
                            Type{"U32", 32},
                            Type{"U64", 64},
                            Type{"C64", 64},
                            Type{"F8_E5M2", 8},
                            Type{"F8_E4M3", 8},
                            Type{"F8_E8M0", 8},
                            Type{"F8_E4M3FNUZ", 8},
                            Type{"F8_E5M2FNUZ", 8},
                            Type{"F6_E2M3", 6},
                            Type{"F6_E3M2", 6},
                            Type{"F4", 4}};

const char* type_name(DType dtype) { return std::ranges::find(kTypes, dtype, &Type::dtype)->name; }

// A parser callback that refuses what JSON allows: a name that an object has already, of which the last would
// win, and deep nesting.
class StrictKeys {
  public:
    explicit StrictKeys(std::string file) : file_(std::move(file)) {}

    bool operator()(int depth, Json::parse_event_t event, const Json& value) {
        const auto level = static_cast<std::size_t>(depth);
        TERN_CHECK(level < kDeepest, file_, "the header is nested more than ", kDeepest, " levels deep");
        if (event == Json::parse_event_t::object_start) {
            seen_[level + 1].clear();
        } else if (event == Json::parse_event_t::key) {
            const auto& name = value.get_ref<const std::string&>();
            TERN_CHECK(seen_[level].insert(name).second, file_, "the header names \"", name, "\" twice");
        }
        return true;
    }

  private:
    std::string file_;
    static constexpr std::size_t kDeepest = 16;             // 4 are the format's own
    std::array<std::set<std::string>, kDeepest + 1> seen_;  // by depth
};

// One file while it is read: every message names it.
class Reader {
  public:
    /// `mapped`: the bytes as a storage that the tensors shall share; null: they are copied.
    Reader(const std::string& file, std::span<const std::byte> bytes, std::shared_ptr<Storage> mapped = {})
        : file_(file), bytes_(bytes), mapped_(std::move(mapped)) {}

    Safetensors read() {
        const Json header = parse_header();
        Safetensors result;
        for (const auto& [name, entry] : header.items()) {
            if (name == kMetadata)
                result.metadata = metadata(entry);
            else
                add_tensor(result, name, entry);
        }
        check_layout();
        return result;
    }

  private:
    struct Range {
        std::int64_t begin, end;  // bytes after the header
        std::string name;
    };

    std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }
    std::int64_t data_size() const { return size() - data_begin_; }

    Json parse_header() {
        check_kind();
        TERN_CHECK(size() >= kLengthBytes, file_, "is not a safetensors file: it has ", size(),
                   " bytes, fewer than the ", kLengthBytes, " of the header's length");
        std::uint64_t length = 0;
        for (std::size_t i = 0; i < kLengthBytes; ++i) {
            length |= std::to_integer<std::uint64_t>(bytes_[i]) << (8 * i);
        }
        TERN_CHECK(length <= static_cast<std::uint64_t>(size() - kLengthBytes), file_,
                   "is not a complete safetensors file: its header would take ", length, " bytes, but ",
                   size() - kLengthBytes, " follow");
        TERN_CHECK(length <= kLargestHeader, file_, "has a header of ", length, " bytes, more than ",
                   kLargestHeader);
        data_begin_ = kLengthBytes + static_cast<std::int64_t>(length);
        const auto* text = reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes;
        const Json header = parse({text, static_cast<std::size_t>(length)});
        TERN_CHECK(header.is_object(), file_, "is not a safetensors file: its header is not a JSON object");
        return header;
    }

    // Before the first bytes of another format are told as the length of a header.
    void check_kind() const {
        const FileKind kind = file_kind(bytes_);
        if (kind == FileKind::unknown || kind == FileKind::safetensors) return;
        fail(file_, mistaken_kind(kind, "a safetensors file"),
             can_hold_weights(kind) ? "; docs/interop.md says how to convert it" : "");
    }

    Json parse(std::string_view text) const {
        try {
            return Json::parse(text, StrictKeys(file_));
        } catch (const Json::parse_error& error) {
            fail(file_, "is not a safetensors file: its header is not JSON (error at byte ", error.byte, ")");
        } catch (const Json::out_of_range&) {
            fail(file_, "is not a safetensors file: its header has a number beyond float64");
        }
    }

    std::map<std::string, std::string> metadata(const Json& entry) const {
        std::map<std::string, std::string> result;
        if (entry.is_null()) return result;
        TERN_CHECK(entry.is_object(), file_, kMetadata, " is not an object of strings");
        for (const auto& [key, value] : entry.items()) {
            TERN_CHECK(value.is_string(), file_, kMetadata, " \"", key, "\" is not a string");
            result.emplace(key, value.get<std::string>());
        }
        return result;
    }

    // Other keys than these three are skipped, as by the format's own library.
    void add_tensor(Safetensors& result, const std::string& name, const Json& entry) {
        TERN_CHECK(entry.is_object() && entry.contains("dtype") && entry.contains("shape") &&
                       entry.contains("data_offsets"),
                   file_, "tensor ", name, " must have dtype, shape and data_offsets");
        const Type& type = type_of(name, entry["dtype"]);
        const std::vector<std::int64_t> extents = whole_numbers(name, "shape", entry["shape"]);
        const std::int64_t wanted = bytes_of(name, type, extents);
        const std::vector<std::int64_t> offsets = whole_numbers(name, "data_offsets", entry["data_offsets"]);
        TERN_CHECK(offsets.size() == 2 && offsets[0] <= offsets[1], file_, "tensor ", name,
                   " has data_offsets ", entry["data_offsets"].dump(), ", expected [begin, end]");
        TERN_CHECK(offsets[1] <= data_size(), file_, "tensor ", name, " ends at byte ", offsets[1],
                   " of the data, but the file has only ", data_size());
        TERN_CHECK(offsets[1] - offsets[0] == wanted, file_, "tensor ", name, " has ",
                   offsets[1] - offsets[0], " bytes, but ", type.name, ' ', entry["shape"].dump(), " takes ",
                   wanted);
        ranges_.push_back({offsets[0], offsets[1], name});
        if (!type.dtype) {
            result.passed_over.emplace(name, to_text("has elements of type ", type.name));
        } else if (extents.size() > Shape::kMaxRank) {
            result.passed_over.emplace(
                name, to_text("has ", extents.size(), " dimensions, more than ", Shape::kMaxRank));
        } else {
            result.tensors.push_back(
                {name, tensor_at(data_begin_ + offsets[0], Shape(extents), *type.dtype)});
        }
    }

    // A file of another program may hold elements at an address that is no multiple of their size.
    Tensor tensor_at(std::int64_t begin, const Shape& shape, DType dtype) const {
        if (mapped_ && begin % size_of(dtype) == 0) return Tensor::view_of(mapped_, begin, shape, dtype);
        const Tensor tensor = Tensor::empty(shape, dtype);
        const auto from = bytes_.subspan(static_cast<std::size_t>(begin));
        std::ranges::copy_n(from.begin(), tensor.bytes(), tensor.raw_data());
        return tensor;
    }

    const Type& type_of(const std::string& name, const Json& value) const {
        const auto found = std::ranges::find_if(kTypes, [&](const Type& type) { return value == type.name; });
        TERN_CHECK(found != kTypes.end(), file_, "tensor ", name, " has dtype ", value.dump(),
                   ", which is none of the format's");
        return *found;
    }

    std::int64_t bytes_of(const std::string& name, const Type& type,
                          const std::vector<std::int64_t>& extents) const {
        std::int64_t bits = type.bits;
        for (const std::int64_t extent : extents) {
            TERN_CHECK(!__builtin_mul_overflow(bits, std::max<std::int64_t>(extent, 1), &bits), file_,
                       "tensor ", name, " of shape ", Json(extents).dump(), " has more than 2^63 bits");
        }
        if (std::ranges::find(extents, 0) != extents.end()) return 0;
        TERN_CHECK(bits % 8 == 0, file_, "tensor ", name, " has ", bits, " bits, expected whole bytes");
        return bits / 8;
    }

    std::vector<std::int64_t> whole_numbers(const std::string& name, const char* what,
                                            const Json& value) const {
        const auto is_whole = [](const Json& item) {
            return item.is_number_unsigned() && item.get<std::uint64_t>() <= INT64_MAX;
        };
        TERN_CHECK(value.is_array() && std::ranges::all_of(value, is_whole), file_, "tensor ", name, " has ",
                   what, ' ', value.dump().substr(0, 80), ", expected an array of whole numbers");
        return value.get<std::vector<std::int64_t>>();
    }

    void check_layout() {
        std::ranges::stable_sort(ranges_, {},
                                 [](const Range& range) { return std::pair(range.begin, range.end); });
        std::int64_t end = 0;
        std::string last;
        for (const Range& range : ranges_) {
            TERN_CHECK(range.begin >= end, file_, "tensor ", range.name, " overlaps ", last,
                       ": it begins at byte ", range.begin, " of the data, ", last, " ends at ", end);
            TERN_CHECK(range.begin == end, file_, "bytes ", end, " to ", range.begin,
                       " of the data belong to no tensor");
            end = range.end;
            last = range.name;
        }
        TERN_CHECK(end == data_size(), file_, "has ", data_size(), " bytes of data, but its tensors take ",
                   end);
    }

    const std::string& file_;
    std::span<const std::byte> bytes_;
    std::shared_ptr<Storage> mapped_;
    std::int64_t data_begin_ = 0;
    std::vector<Range> ranges_;
};

std::vector<std::byte> header_bytes(const nlohmann::ordered_json& header) {
    std::string text = header.dump();
    text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');  // aligns the data
    std::vector<std::byte> bytes(kLengthBytes + text.size());
    for (std::size_t i = 0; i < kLengthBytes; ++i) bytes[i] = static_cast<std::byte>(text.size() >> (8 * i));
    std::memcpy(bytes.data() + kLengthBytes, text.data(), text.size());
    return bytes;
}

}  // namespace

Safetensors parse_safetensors(const std::string& file, std::span<const std::byte> bytes) {
    return Reader(file, bytes).read();
}

Safetensors read_safetensors(const fs::path& path) {
    return parse_safetensors(path.string(), read_bytes(path));
}

Safetensors map_safetensors(const fs::path& path) {
    const std::string file = path.string();
    const std::shared_ptr<Storage> mapped = map_file(path);
    return Reader(file, {mapped->data(), mapped->bytes()}, mapped).read();
}

std::vector<std::byte> encode_safetensors(const std::string& file, const Safetensors& content) {
    NamedTensors tensors = content.tensors;
    std::ranges::stable_sort(tensors, std::greater{},
                             [](const NamedTensor& named) { return size_of(named.tensor.dtype()); });
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    for (const auto& [key, value] : content.metadata) {
        TERN_CHECK(is_utf8(key) && is_utf8(value), file, kMetadata, " \"", key, "\" is not in UTF-8");
    }
    if (!content.metadata.empty()) header[kMetadata] = content.metadata;
    std::set<std::string> names;
    std::int64_t end = 0;
    for (auto& [name, tensor] : tensors) {
        TERN_CHECK(names.insert(name).second, file, "two tensors of the name ", name);
        TERN_CHECK(is_utf8(name), file, "the name \"", name, "\" of a tensor is not in UTF-8");
        TERN_CHECK(name != kMetadata, file, "no tensor may have the name ", kMetadata);
        const std::int64_t begin = std::exchange(end, end + tensor.bytes());
        const auto extents = tensor.shape().extents();
        header[name] = {{"dtype", type_name(tensor.dtype())},
                        {"shape", std::vector<std::int64_t>(extents.begin(), extents.end())},
                        {"data_offsets", {begin, end}}};
        tensor = tensor.to(Device::cpu());
    }
    std::vector<std::byte> bytes = header_bytes(header);
    for (const auto& [name, tensor] : tensors) {
        bytes.insert(bytes.end(), tensor.raw_data(), tensor.raw_data() + tensor.bytes());
    }
    return bytes;
}

void write_safetensors(const fs::path& path, const Safetensors& content) {
    write_output(path, encode_safetensors(path.string(), content));
}

}  // namespace tern
