import { defineRule } from "../../rule.ts";
import { databaseAccess } from "../../topics/databases.ts";

export default defineRule({
  topic: "database-access",
  read: (project) =>
    databaseAccess(project, {
      setUps: [
        {
          names: /(^|\/)(@prisma\/client|prisma\/client|generated\/prisma)(\/\w+)*\.PrismaClient$/,
          choice: "ORM",
          origin: "library",
        },
        {
          names:
            /^(mongoose\.(connect|createConnection)|sequelize(\.Sequelize)?|typeorm\.DataSource|@mikro-orm\/\w+\.MikroORM\.init)$/,
          choice: "ORM",
          origin: "library",
        },
        {
          names:
            /^@nestjs\/(typeorm\.TypeOrmModule|mongoose\.MongooseModule|sequelize\.SequelizeModule)\.forRoot(Async)?$/,
          choice: "ORM",
          origin: "library",
        },
        {
          names: /^(drizzle-orm\/[\w-]+(\/[\w-]+)?\.drizzle|knex(\.knex|\.default)?|kysely\.Kysely)$/,
          choice: "query builder",
          origin: "library",
        },
        { names: /^mongodb\.MongoClient(\.connect)?$/, choice: "document driver", origin: "library" },
      ],
      models: [
        { bases: /^@prisma\/client\.PrismaClient$/, choice: "ORM", origin: "library" },
        { bases: /^(objection|sequelize|sequelize-typescript)\.Model$/, choice: "ORM", origin: "library" },
      ],
      runtimeDrivers: /^(node:sqlite|bun:sqlite)\b/,
      frameworkDrivers: /^$/,
    }),
});
