#include "tern/training/results_csv.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("lines are rows under all their keys, in the order in which these come") {
    CHECK(csv_of_json_lines("m", "") == "");
    CHECK(csv_of_json_lines("m", "{\"epoch\":1,\"loss\":2.5,\"test\":null}\n") ==
          "epoch,loss,test\r\n1,2.5,\r\n");
    CHECK(csv_of_json_lines("m", "{\"epoch\":1,\"loss\":1e-09}\n{\"best\":7,\"loss\":0.1}\n") ==
          "epoch,loss,best\r\n1,1e-09,\r\n,0.1,7\r\n");
}

TEST_CASE("fields with commas, quotes and line ends are quoted") {
    CHECK(csv_of_json_lines("m", R"({"a,b":"say \"x\"","c":"1\r\n2","d":" e ","f":true})") ==
          "\"a,b\",c,d,f\r\n\"say \"\"x\"\"\",\"1\r\n2\", e ,true\r\n");
}

TEST_CASE("lines that are no objects of numbers and texts are refused") {
    CHECK_THROWS_WITH(csv_of_json_lines("m", "{}\n[1]\n"), "[m] its line 2 is not a JSON object");
    CHECK_THROWS_WITH(csv_of_json_lines("m", "{\"epoch\":"), "[m] its line 1 is not a JSON object");
    CHECK_THROWS_WITH(csv_of_json_lines("m", "{\"a\":[1]}"),
                      "[m] its line 1 has more than a number or a text for \"a\"");
}
