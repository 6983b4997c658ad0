// Answers in the forms that the HTTP interface has.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace httplib {
struct Response;
}

namespace braggd {

void answer_json(httplib::Response& response, const nlohmann::ordered_json& json, int status = 200);

/// Problem details (RFC 9457); `more` is merged into them.
void answer_problem(httplib::Response& response, int status, const std::string& detail,
                    const nlohmann::ordered_json& more = nlohmann::ordered_json::object());

/// The same for the exception that is being handled: what is wrong with a configuration is 422 with all its problems, what
/// a caller may mend 409, anything else 500.
void answer_exception(httplib::Response& response);

}  // namespace braggd
