#include "tern/core/tensor.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("shapes check themselves") {
    CHECK(Shape{2, 3}.numel() == 6);
    CHECK(Shape{}.numel() == 1);
    CHECK(Shape{2, 3}[-1] == 3);
    CHECK(Shape{2, 3}.str() == "(2,3)");
    CHECK_THROWS_WITH((Shape{2, -1}), "[shape] negative extent in (2,-1)");
    CHECK_THROWS_WITH((Shape{1ll << 40, 1ll << 40}), Catch::EndsWith("has more than 2^63 elements"));
    CHECK_THROWS_WITH((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), "[shape] 9 dimensions, at most 8");
    CHECK_THROWS_WITH((Shape{2, 3}[2]), "[shape] dimension 2 of a tensor of rank 2");
}

TEST_CASE("views share memory, clones do not") {
    const Tensor tensor = Tensor::from({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5});
    const Tensor row = tensor.slice(1, 2).reshape({-1});
    CHECK(row.shape() == Shape{3});
    row.data<float>()[0] = 7;
    CHECK(tensor.data<float>()[3] == 7);
    const Tensor copy = tensor.clone();
    copy.data<float>()[0] = 9;
    CHECK(tensor.data<float>()[0] == 0);
    CHECK_THROWS_WITH(tensor.slice(1, 3), "[tensor] slice [1, 3) of shape (2,3)");
    CHECK_THROWS_WITH(tensor.reshape(Shape{4}), "[tensor] cannot reshape (2,3) to (4)");
    CHECK_THROWS_WITH(tensor.reshape({-1, 4}), "[tensor] cannot infer -1 when reshaping (2,3)");
    CHECK_THROWS_WITH(tensor.data<double>(), "[tensor] elements are float32, asked for as float64");
    CHECK_THROWS_WITH(Tensor().shape(), "[tensor] an undefined tensor has no elements and no shape");
    CHECK_THROWS_WITH(tensor.item(), "[tensor] item() needs one element, the shape is (2,3)");
    CHECK_THROWS_WITH(Tensor::view_of(tensor.storage(), 4, {6}, DType::float32),
                      "[tensor] bytes [4, 28) are outside a storage of 24");
}

TEST_CASE("rebind moves the elements of every copy of a handle") {
    Tensor tensor = Tensor::from({2}, std::vector<float>{1, 2});
    const Tensor handle = tensor;
    const Tensor flat = Tensor::zeros({4});
    tensor.rebind(flat.storage(), 8);
    CHECK(flat.data<float>()[2] == 1);
    handle.data<float>()[1] = 5;
    CHECK(flat.data<float>()[3] == 5);
}

TEST_CASE("device names are read strictly") {
    CHECK(parse_device("cpu") == Device::cpu());
    CHECK(parse_device("cuda") == Device::cuda(0));
    CHECK(parse_device("cuda:3") == Device::cuda(3));
    for (const char* text : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cpu:0"}) {
        CHECK_THROWS_WITH(parse_device(text), Catch::EndsWith("is none of cpu, cuda, cuda:N"));
    }
}

TEST_CASE("dtypes know their names") {
    for (const char* name :
         {"float32", "float64", "bfloat16", "float16", "uint8", "int8", "int32", "int64"}) {
        CHECK(name_of(parse_dtype(name)) == name);
    }
    CHECK_THROWS_WITH(
        parse_dtype("half"),
        "[dtype] \"half\" is none of float32, float64, bfloat16, float16, uint8, int8, int32, int64");
}
