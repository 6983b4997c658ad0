// What a store makes of files that are damaged, half written, held by others or not its own.
#include <fstream>
#include <gmock/gmock.h>

#include <braggd/error.hpp>

#include "learning/sqlite_database.hpp"
#include "unit/learning/tried_store.hpp"

namespace braggd {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(ModelStoreTest, ABundleThatAProgramLeftBeforeItDiedIsTakenUpOrReplaced) {
  const ModelManifest manifest = write_tiny_bundle(work_ / "bundle", "fast", "x");
  fs::copy(work_ / "bundle", store_.bundle(manifest.id));          // put in place, not registered
  fs::create_directories(work_ / "store/bundles/.part/leftover");  // copied in part
  EXPECT_THAT(store_.problems(), ElementsAre(HasSubstr("belongs to no registered model")));
  // Taken up from where it lies.
  EXPECT_EQ(store_.add_model(store_.bundle(manifest.id), record_of(manifest)), ModelStore::Added::added);
  EXPECT_FALSE(fs::exists(work_ / "store/bundles/.part"));
  const ModelManifest other = write_tiny_bundle(work_ / "bundle", "fast", "y");
  fs::create_directories(store_.bundle(other.id) / "something");
  EXPECT_EQ(store_.add_model(work_ / "bundle", record_of(other)), ModelStore::Added::added);
  EXPECT_THAT(store_.problems(), IsEmpty());
}

TEST_F(ModelStoreTest, FilesThatAreNoModelStoreAreRefusedWithWhatToDo) {
  const auto opening = [](const fs::path& directory) { return [=] { ModelStore::open(directory); }; };
  std::ofstream(work_ / "file") << "x";
  EXPECT_THAT(refused_with<ConfigError>(opening(work_ / "file")), HasSubstr("a model store is a directory"));
  EXPECT_THAT(refused_with<ConfigError>([&] { ModelStore::open_existing(work_ / "none"); }),
              HasSubstr("there is no model store here"));
  EXPECT_FALSE(fs::exists(work_ / "none"));
  EXPECT_THAT(refused_with<OutputError>([&] { ModelStore::open_existing(work_ / std::string(300, 'x')); }),
              HasSubstr("cannot be opened"));

  fs::create_directory(work_ / "text");
  std::ofstream(work_ / "text/metadata.sqlite") << std::string(5000, 'x');
  EXPECT_THAT(refused_with<InputError>(opening(work_ / "text")),
              HasSubstr("is not a database; put back a copy"));

  fs::create_directory(work_ / "foreign");
  execute(work_ / "foreign/metadata.sqlite", "CREATE TABLE people (name TEXT)");
  EXPECT_THAT(refused_with<InputError>(opening(work_ / "foreign")), HasSubstr("another program's database"));
  execute(table(), "PRAGMA user_version = 99");
  EXPECT_THAT(refused_with<InputError>(opening(work_ / "store")),
              HasSubstr("written by a newer braggd (version 99"));
}

TEST_F(ModelStoreTest, AnEmptyFileOfACreationThatWasBrokenOffBecomesAStore) {
  fs::create_directories(work_ / "begun");
  std::ofstream(work_ / "begun/metadata.sqlite").close();
  EXPECT_THAT(ModelStore::open_existing(work_ / "begun").models(), IsEmpty());
}

TEST_F(ModelStoreTest, RowsThatThisProgramWouldNotHaveWrittenAreRefused) {
  const std::string id = add(store_, "fast", "x");
  execute(table(),
          "PRAGMA ignore_check_constraints = 1; UPDATE models SET id = '../../../etc@' || "
          "substr(script_sha256, 1, 12)");
  EXPECT_THAT(refused_with<InputError>([&] { store_.models(); }), HasSubstr("its id must be"));
  execute(table(),
          "PRAGMA ignore_check_constraints = 1; UPDATE models SET id = '" + id + "', status = 'best'");
  EXPECT_THAT(refused_with<InputError>([&] { store_.models(); }), HasSubstr("the word 'best'"));
  execute(table(),
          "PRAGMA ignore_check_constraints = 1; UPDATE models SET status = 'active', threshold = 1, "
          "histogram = x'0102'");
  EXPECT_THAT(refused_with<InputError>([&] { store_.models(); }),
              HasSubstr("histogram is no list of numbers"));
}

TEST_F(ModelStoreTest, ADamagedFileIsSaidToBeDamaged) {
  for (int i = 0; i < 200; ++i) store_.add_scan(some_scan("scan-" + std::to_string(i)));
  store_ = ModelStore::open(work_ / "other");  // closes the first, which empties its log
  std::fstream file(table(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(40'000, '\xff');
  file.close();
  const auto use = [&] {
    ModelStore store = ModelStore::open(work_ / "store");
    for (int i = 0; i < 200; ++i) store.scan("scan-" + std::to_string(i));
    store.models();
  };
  EXPECT_THAT(refused_with<InputError>(use),
              testing::AllOf(HasSubstr("metadata.sqlite: is damaged"), HasSubstr("braggd model import")));
}

TEST_F(ModelStoreTest, ALockThatIsNotGivenUpIsSaidToBeOne) {
  Database database(table(), false, 1000);
  Statement change(database, "UPDATE scans SET n_frames = ?1");
  {
    Database other(table(), false, 0);
    const Transaction writes(other, Durability::soon);
    EXPECT_THAT(refused_with<OutputError>([&] { change.run(1U); }),
                HasSubstr("another program has kept it locked for more than 1 s"));
    EXPECT_EQ(store_.n_scans(), 0U);  // reading goes on
  }
  change.run(1U);
}

TEST_F(ModelStoreTest, AFullDiskIsSaidToBeFullAndNothingIsLost) {
  const std::string id = add(store_, "fast", "x");
  Database database(table(), false, 1000);
  { Statement(database, "PRAGMA max_page_count = 1")().next(); }  // as many as there are
  Statement growth(database, "UPDATE models SET training = '{\"a\": \"' || hex(zeroblob(?1)) || '\"}'");
  EXPECT_THAT(refused_with<OutputError>([&] { growth.run(1'000'000U); }),
              HasSubstr("metadata.sqlite: the disk is full; make room"));
  EXPECT_EQ(store_.model(id)->seed, 18446744073709551615U);
  EXPECT_THAT(store_.problems(), IsEmpty());
}

}  // namespace
}  // namespace braggd
