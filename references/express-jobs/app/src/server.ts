import { app } from "./app.ts";
import { config } from "./config.ts";
import { db } from "./database.ts";

const server = app.listen(config.PORT, (error) => {
  if (error) throw error;
  console.log(JSON.stringify({ time: new Date().toISOString(), level: "info", message: `Listening on port ${config.PORT}` }));
});

function stop() {
  server.close(() => {
    db.close();
    process.exit(0);
  });
  server.closeIdleConnections();
}
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
