import { defineRule } from "../../rule.ts";
import { databaseAccess } from "../../topics/databases.ts";

export default defineRule({
  topic: "database-access",
  read: (project) =>
    databaseAccess(project, {
      setUps: [
        {
          names: /^(sqlalchemy|sqlmodel|sqlalchemy\.ext\.asyncio|sqlmodel\.ext\.asyncio)\.create_(async_)?engine$/,
          choice: "ORM",
          origin: "library",
        },
        {
          names:
            /^(flask_sqlalchemy\.SQLAlchemy|alchemical(\.\w+)*\.Alchemical|mongoengine\.connect|pony\.orm\.Database|peewee\.\w*Database|playhouse\.\w+\.connect)$/,
          choice: "ORM",
          origin: "library",
        },
        {
          names: /^tortoise\.(Tortoise\.init|contrib\.\w+\.(register_tortoise|RegisterTortoise))$/,
          choice: "ORM",
          origin: "library",
        },
        { names: /^(dataset\.connect|pypika\.Query\.\w+)$/, choice: "query builder", origin: "library" },
        {
          names: /^(pymongo\.(MongoClient|AsyncMongoClient)|motor\.motor_asyncio\.AsyncIOMotorClient)$/,
          choice: "document driver",
          origin: "library",
        },
      ],
      models: [{ bases: /^django\.db\.models\.Model$/, choice: "ORM", origin: "framework" }],
      runtimeDrivers: /^sqlite3\b/,
      frameworkDrivers: /^django\.db\b/,
    }),
});
