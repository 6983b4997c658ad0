#include "cli/man_page.hpp"

#include <sstream>

namespace braggd {

namespace {

constexpr std::size_t page_width = 92;

// Words of `text` in lines of at most `page_width` characters behind `indent` spaces; empty lines part paragraphs.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream paragraphs(text);
  std::string out;
  for (std::string paragraph; std::getline(paragraphs, paragraph);) {
    if (paragraph.empty()) {
      out += '\n';
      continue;
    }
    std::istringstream words(paragraph);
    std::string line(indent, ' ');
    bool first = true;
    for (std::string word; words >> word; first = false) {
      if (!first && line.size() + 1 + word.size() > page_width) {
        out += line + '\n';
        line.assign(indent, ' ');
        first = true;
      }
      line += (first ? "" : " ") + word;
    }
    out += line + '\n';
  }
  return out;
}

// "-o, --output DIR" or "SCAN".
std::string option_title(const CLI::Option* option) {
  if (option->get_positional()) return option->get_name(true);
  std::string title;
  for (const auto& name : option->get_snames()) title += (title.empty() ? "-" : ", -") + name;
  for (const auto& name : option->get_lnames()) title += (title.empty() ? "--" : ", --") + name;
  if (option->get_type_size() != 0) title += " " + option->get_type_name();
  return title;
}

// "braggd model train".
std::string full_name(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return parent == nullptr ? app->get_name() : full_name(parent) + " " + app->get_name();
}

std::string synopsis(const CLI::App* app) {
  std::string line = full_name(app);
  line += app->get_subcommands({}).empty() ? " [OPTION…]" : " VERB [OPTION…]";
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_positional()) continue;
    std::string name = option->get_name(true);
    if (option->get_expected_max() > 1) name += "…";
    line += option->get_required() ? " " + name : " [" + name + "]";
  }
  return line;
}

}  // namespace

std::string ManPage::make_help(const CLI::App* app, std::string /*name*/, CLI::AppFormatMode /*mode*/) const {
  std::ostringstream out;
  out << "NAME\n" << wrapped(full_name(app) + " - " + app->get_description(), 4);
  out << "\nSYNOPSIS\n" << wrapped(synopsis(app), 4);
  out << "\nDESCRIPTION\n" << wrapped(description_, 4);
  const auto verbs = app->get_subcommands({});
  if (!verbs.empty()) {
    out << "\nVERBS\n";
    for (const CLI::App* verb : verbs) {
      if (verb->get_group().empty()) continue;  // not for people
      out << "    " << verb->get_name() << "\n" << wrapped(verb->get_description(), 8);
    }
  }
  out << "\nOPTIONS\n";
  for (const CLI::Option* option : app->get_options()) {
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) text += " (default: " + option->get_default_str() + ")";
    out << "    " << option_title(option) << "\n" << wrapped(text, 8);
  }
  out << "\nEXIT STATUS\n"
      << "    0   done\n    1   an unexpected failure\n    64  the command line is wrong\n"
      << "    65  a scan cannot be read, or came out incomplete\n    74  a result cannot be written\n"
      << "    78  the pipeline file or an option's value is wrong\n";
  out << "\nEXAMPLES\n";
  std::istringstream lines(examples_);
  for (std::string line; std::getline(lines, line);) out << "    " << line << "\n";
  return out.str();
}

}  // namespace braggd
