/** What starts the process of a service that is up without one until then: a connection to one of its sockets. */
export interface Trigger {
  readonly on: "connection";
}
